#pragma once
#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "mq/load/connection.hpp"
#include "mq/load/histogram.hpp"
#include "mq/load/traffic.hpp"

namespace mq::load {

// How many connections, and how many requests each has in flight.
struct Shape {
  int connections = 1;
  int in_flight = 1;
  [[nodiscard]] int outstanding() const { return connections * in_flight; }
};

struct Slice {
  Brought brought;
  Brought received;  // by what follows
  double seconds = 0;
  double load_cpu_seconds = 0;  // of the load itself: near `seconds` means that it is the bottleneck
  Histogram latency;            // from when a request was meant to be made to its answer
  [[nodiscard]] double per_second() const {
    return seconds > 0 ? static_cast<double>(brought.messages) / seconds : 0;
  }
};

// Requests over plain sockets and epoll. A closed loop: whenever a request is answered, its connection asks
// the next one; or an open one, whose requests are made at fixed times whether or not those before are
// answered. Beside them other connections may follow what comes. One thread, one read and one write a
// connection and turn.
class Load {
 public:
  Load(const Endpoint& server, Shape shape, Traffic& traffic);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Connections of another traffic, each with one request at a time from the first run on; or with none, when
  // the server delivers without being asked.
  void follow(const Endpoint& server, int connections, Traffic& traffic);
  // From the next run on so many requests a second, at fixed times: an open loop. One that finds the whole
  // shape in flight is made late, and its latency counts from when it was meant to be made.
  void pace(double requests_per_second);

  // Asks until the time is over or the traffic has no more; what is in flight then stays so. Throws
  // std::runtime_error when a connection breaks or nothing comes for a long time.
  Slice run_for(std::chrono::nanoseconds time);
  // Waits for the answers to all that is in flight.
  Slice finish();
  // Asks nothing more than what follows; until `enough` says so or nothing came for `patience`.
  Slice receive_until(const std::function<bool()>& enough, std::chrono::seconds patience);

 private:
  using Clock = std::chrono::steady_clock;
  struct Line {
    Connection connection;
    Traffic* traffic;
    std::size_t number;  // among those of its traffic
    bool follows;
  };

  void add(const Endpoint& server, int connections, Traffic& traffic, bool follows);
  // Nothing came for `patience`: ends, and sets gave_up_.
  Slice turn_until(Clock::time_point end, const std::function<bool()>& enough, std::chrono::seconds patience);
  Slice sure(Slice slice) const;
  void wait(Clock::time_point end, Slice& slice);
  void prime();
  void release_due();
  void serve(const epoll_event& event, Slice& slice);
  void receive(std::size_t index, Slice& slice);
  void take(std::size_t index, std::int32_t opaque, Clock::time_point now, Slice& slice);
  void ask(std::size_t index, std::int32_t opaque, Clock::time_point meant);
  void follow_on(std::size_t index);
  void flush(std::size_t index);
  [[nodiscard]] std::int64_t stamp(Clock::time_point at) const;

  Shape shape_;
  int epoll_ = -1;
  std::vector<Line> lines_;               // those of the shape first
  std::vector<Clock::time_point> asked_;  // by opaque
  std::deque<std::int32_t> idle_;         // opaques without a request
  std::chrono::nanoseconds interval_{0};  // of an open loop; 0: closed
  Clock::time_point next_due_;
  std::int64_t stamp_of_zero_;  // what the steady clock's zero is on the stamps' clock
  int in_flight_ = 0;
  int count_ = 0;  // events of the last wait
  bool asking_ = false, following_ = false, gave_up_ = false;
  bool rested_ = true;  // an open loop begins anew; else the times go on where they were
};

}  // namespace mq::load
