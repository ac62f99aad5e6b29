#pragma once
#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "bench/measure/histogram.hpp"
#include "bench/mq/traffic.hpp"

namespace bench {

// How many connections, and how many requests each has in flight.
struct Shape {
  int connections = 1;
  int in_flight = 1;
  [[nodiscard]] int outstanding() const { return connections * in_flight; }
};

struct Slice {
  Brought brought;
  double seconds = 0;
  double load_cpu_seconds = 0;  // of the load itself: near `seconds` means that it is the bottleneck
  Histogram latency;
  [[nodiscard]] double per_second() const {
    return seconds > 0 ? static_cast<double>(brought.messages) / seconds : 0;
  }
};

// A closed loop over plain sockets and epoll: whenever a request is answered, its connection asks the next
// one. One thread, one read and one write a connection and turn.
class Load {
 public:
  Load(std::uint16_t port, Shape shape, Traffic& traffic);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Keeps all requests in flight until the time is over or the traffic has no more; what is in flight then
  // stays so. Throws std::runtime_error when a connection breaks or nothing comes for a long time.
  Slice run_for(std::chrono::nanoseconds time);
  // Waits for the answers to all that is in flight.
  Slice finish();

 private:
  using Clock = std::chrono::steady_clock;
  struct Connection {
    int fd = -1;
    std::unique_ptr<std::byte[]> in;  // front of the frames that have not come whole
    std::size_t received = 0;
    base::Bytes out;
    bool blocked = false;  // the socket takes no more at the moment
  };

  Slice turn_until(Clock::time_point end);
  void prime();
  void serve(const epoll_event& event, Slice& slice);
  void receive(std::size_t index, Slice& slice);
  void take(std::size_t index, std::int32_t opaque, Clock::time_point now, Slice& slice);
  void ask(std::size_t index, std::int32_t opaque, Clock::time_point now);
  void flush(std::size_t index);

  Shape shape_;
  Traffic& traffic_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<Clock::time_point> asked_;  // by opaque
  std::vector<std::int32_t> idle_;        // opaques without a request, while the load rests
  int in_flight_ = 0;
  bool asking_ = false;
};

}  // namespace bench
