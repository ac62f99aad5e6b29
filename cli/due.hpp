#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/aio/with_deadline.hpp"
#include "mq/base/clock.hpp"

namespace cli {

// What a process says of itself under /due: {"idle":…, "busy":["outbox: 3 unsent"], "next_due_ms":…}.
struct Due {
  bool idle = false;
  std::vector<std::string> busy;   // why not idle, each with the process' name in front
  std::optional<base::Time> next;  // earliest thing that will happen by itself
};

// Throws std::runtime_error with a sentence when it is not of that form.
Due parse_due(std::string_view process, std::string_view json);

// All processes as one: idle when all are, the earliest time of all.
Due together(const std::vector<Due>& all);

// Lets business time pass as it would pass by itself: to the next thing that is due anywhere, then until
// everything that it set off has come to rest, and so on to the target. Two runs of the same story take
// the same steps.
class TimeTravel {
 public:
  struct World {
    std::function<base::Time()> now;
    std::function<void(std::chrono::milliseconds)> advance;
    std::function<boost::asio::awaitable<Due>()> look;
    std::function<void(base::Time)> stopped_at;  // for progress
  };
  struct Patience {
    std::chrono::milliseconds settle{60'000};  // how long the world may be busy at one stop
    std::chrono::milliseconds between_looks{25};
  };

  TimeTravel(World world, Patience patience) : world_(std::move(world)), patience_(patience) {}

  // Throws std::runtime_error naming what stays busy. The clock has moved as far as it got.
  boost::asio::awaitable<void> step_to(base::Time target);
  // In one leap: everything overdue happens at once, in the order it was due.
  boost::asio::awaitable<void> jump_to(base::Time target);

 private:
  boost::asio::awaitable<Due> settle();
  void go_to(base::Time at);

  World world_;
  Patience patience_;
};

}  // namespace cli
