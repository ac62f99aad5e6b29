#include "mq/client/identity.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <chrono>
#include <utility>

#include "mq/model/record.hpp"

namespace mq::client {
namespace asio = boost::asio;

std::array<std::uint8_t, 4> local_address_towards(const std::string& server) {
  static constexpr std::array<std::uint8_t, 4> kLoopback{127, 0, 0, 1};
  const auto host = parse_host(server);
  if (!host) return kLoopback;
  asio::io_context context;
  asio::ip::udp::socket socket(context);
  const asio::ip::udp::endpoint remote(asio::ip::address_v4(host->ip),
                                       static_cast<std::uint16_t>(host->port));
  boost::system::error_code failed;
  socket.connect(remote, failed);  // opens it; connecting UDP only looks up the way
  if (failed) return kLoopback;
  const auto local = socket.local_endpoint(failed);
  if (failed || !local.address().is_v4()) return kLoopback;
  return local.address().to_v4().to_bytes();
}

std::string make_client_id(const std::array<std::uint8_t, 4>& ip, const std::string& instance) {
  const auto address = asio::ip::address_v4(ip).to_string();
  if (!instance.empty()) return address + "@" + instance;
  const auto start = std::chrono::steady_clock::now().time_since_epoch();
  return address + "@" + std::to_string(::getpid()) + "#" +
         std::to_string(std::chrono::nanoseconds(start).count());
}

}  // namespace mq::client
