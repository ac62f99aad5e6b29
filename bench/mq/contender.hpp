#pragma once
#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/mq/load.hpp"
#include "bench/mq/options.hpp"
#include "bench/mq/result.hpp"

namespace bench {

// A broker in a comparison: where it listens, what it consists of, and how it is made to work.
struct Contender {
  Endpoint server;
  std::vector<pid_t> pids;  // each with all that it started
  std::function<std::unique_ptr<Traffic>()> sends;
  std::function<std::unique_ptr<Traffic>(Arrivals&)> receives;
};

double cpu_seconds_of(const Contender& contender);
double resident_mb_of(const Contender& contender);

// What is measured on a contender again and again, in turns with the other one.
class Bout {
 public:
  virtual ~Bout() = default;
  virtual void slice(const Options& options, Side& side) = 0;
};

// Sends, as many as it takes.
std::unique_ptr<Bout> sending(const Contender& contender, Shape shape);
// Sends while consumers wait for them: messages that arrived a second, and how long each was on its way.
std::unique_ptr<Bout> flowing(const Contender& contender, Shape shape);
// A backlog is built, and then consumed: messages that arrived a second.
std::unique_ptr<Bout> consuming(const Contender& contender, std::uint64_t backlog);

}  // namespace bench
