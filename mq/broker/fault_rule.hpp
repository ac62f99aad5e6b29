#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mq::broker {

// What a test wants to go wrong, as it says it in JSON (docs/testing.md has the fields):
//
//   {"request": "send", "topic": "orders", "times": 2, "answer": "FLUSH_DISK_TIMEOUT", "stored": true}
//   {"request": "send", "share": 0.1, "answer": "SYSTEM_BUSY"}
//   {"request": "pull", "group": "shop", "again": true}
//   {"request": "send", "delay_ms": 500}            {"request": "send", "drop": true}
//   {"rebalance": "shop", "for_ms": 3000}
struct FaultRule {
  enum class Do : std::uint8_t {
    answer,     // `code` in place of what the broker says
    delay,      // the answer comes later
    drop,       // the connection ends in place of an answer
    again,      // a pull's messages come, and come again with the next pull
    rebalance,  // members are told that their group changed, and every other list of them has one more
  };
  Do what = Do::answer;
  std::string request;              // "send", "pull", … or a request code; empty for rebalance
  std::vector<std::int32_t> codes;  // of `request`
  std::string topic;                // empty: any
  std::string group;                // empty: any
  std::int32_t code = 0;
  bool stored = false;                 // carried out, though it is not answered so; of answer and drop
  std::chrono::milliseconds time{};    // of delay and rebalance
  std::optional<std::uint64_t> times;  // how often from now on; nothing: always
  double share = 1;                    // of the requests that match, evenly spread
};

struct ParsedFault {
  std::optional<FaultRule> rule;
  std::string problem;  // when there is none: a sentence for whoever wrote it
};
ParsedFault parse_fault(std::string_view json);

// One rule and how often it has struck.
struct FaultCount {
  std::uint64_t id = 0;
  FaultRule rule;
  std::uint64_t struck = 0;
};
std::string format_faults(const std::vector<FaultCount>& faults);

}  // namespace mq::broker
