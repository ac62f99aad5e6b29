#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/load/histogram.hpp"
#include "mq/load/load.hpp"

namespace cli {

// What `sluice mq bench` makes a broker do, and how much of it.
struct TrialPlan {
  mq::load::Endpoint broker;
  std::string topic, group;  // of the trial alone
  int queues = 8;
  std::size_t body_size = 1024;
  mq::load::Shape shape{4, 64};
  std::uint64_t messages = 200'000;  // at most, of the first part
  int seconds = 5;                   // at most, of each part
  int rate = 1'000;                  // messages a second of the last part
};

// One part of it.
struct TrialPart {
  std::string name;  // "produce", "consume", "end-to-end"
  std::uint64_t messages = 0, refused = 0;
  double seconds = 0;
  mq::load::Histogram latency;  // of sends to their answers; end to end: from send to arrival
  bool timed = true;            // its latencies mean something
};

struct Trial {
  std::vector<TrialPart> parts;
  std::uint64_t missing = 0;  // sent and not received
  bool stopped = false;       // before its end, because `goes_on` said so
};

// Sends as fast as the broker takes it, reads all of that back, and then sends at a fixed rate to a consumer
// that waits. Blocks, and calls `goes_on` a few times a second with how far a part has come: false ends the
// trial. Throws std::runtime_error when the broker goes away.
using GoesOn = std::function<bool(std::string_view part, std::uint64_t messages, double seconds)>;
Trial run_trial(const TrialPlan& plan, const GoesOn& goes_on);

// Whether a message's body is one of a trial, such as one that was killed left behind.
bool is_of_a_trial(std::string_view body);

}  // namespace cli
