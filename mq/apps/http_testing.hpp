#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <utility>

#include "mq/net/http.hpp"

// For tests of this folder: a broker's HTTP listener, as tests of others use it.
namespace mq::apps::testing {

inline net::HttpResponse http(const std::string& method, std::uint16_t port, const std::string& path,
                              std::string body = {}, net::HttpHeaders headers = {}) {
  boost::asio::io_context context;
  net::HttpClient client(context.get_executor());
  auto response = boost::asio::co_spawn(
      context,
      client.send(method, "http://127.0.0.1:" + std::to_string(port) + path, std::move(headers),
                  std::move(body), base::deadline_in(std::chrono::seconds{90})),
      boost::asio::use_future);
  context.run();
  return response.get();
}
// The same on a thread of its own: for answers that wait for what this thread does.
inline std::future<net::HttpResponse> http_later(const std::string& method, std::uint16_t port,
                                                 const std::string& path) {
  return std::async(std::launch::async, [=] { return http(method, port, path); });
}
inline boost::json::object object_of(const net::HttpResponse& response) {
  boost::system::error_code error;
  auto value = boost::json::parse(response.body, error);
  return value.is_object() ? value.get_object() : boost::json::object{};
}

}  // namespace mq::apps::testing
