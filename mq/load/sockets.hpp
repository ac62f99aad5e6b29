#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mq/base/bytes.hpp"

namespace mq::load {

// Room for a frame as large as a broker's largest answer to a pull.
inline constexpr std::size_t kReceiveSize = std::size_t{512} << 10;

// Where a server listens.
struct Endpoint {
  std::uint16_t port = 0;
  std::string host = "127.0.0.1";  // a name or an address
};
// "host:port". Throws std::runtime_error with a sentence.
Endpoint parse_endpoint(const std::string& text);

// Connected, without delay. Throws std::runtime_error and std::system_error.
int connect_to(const Endpoint& server);

// The same, closed at the end of its life: for a few words before the load.
class Socket {
 public:
  explicit Socket(const Endpoint& server) : fd_(connect_to(server)) {}
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

// Blocking, within 20 s. Throw std::runtime_error.
void send_all(int fd, std::string_view text);
std::string receive_exactly(int fd, std::size_t count);
// Everything up to and with `mark`.
std::string receive_until(int fd, std::string_view mark);

// Listens on a free port of 127.0.0.1, and says which.
int listen_on_free_port(std::uint16_t& port);

// How many bytes at the front of `bytes` are whole frames, calling `each` with every one. Throws
// std::runtime_error when a length makes no sense.
template <class Each>
std::size_t each_frame(base::BytesView bytes, Each&& each);

// Length of the frame at the front with its length field; 0 when it has not come whole.
std::size_t whole_frame(base::BytesView bytes);

template <class Each>
std::size_t each_frame(base::BytesView bytes, Each&& each) {
  std::size_t done = 0;
  while (const auto size = whole_frame(bytes.subspan(done))) {
    each(bytes.subspan(done, size));
    done += size;
  }
  return done;
}

}  // namespace mq::load
