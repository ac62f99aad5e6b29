#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mq/broker/answer.hpp"

namespace mq::broker {

// The settings as tools see them, `key=value` lines under upstream's names, and the few of them that a tool
// may change while the broker runs: those that can neither lose data nor name a file, a command or an
// address, and that take effect at once. A change lasts until the next start, which follows its configuration
// again.
//
// Thread rule: the hot thread.
class RuntimeConfig {
 public:
  RuntimeConfig(std::string_view lines, std::int64_t start_ms);

  // What may change. The value is checked before it is taken; both bounds are included.
  void may_switch(std::string key, std::function<void(bool)> take);
  void may_set(std::string key, std::int64_t low, std::int64_t high, std::function<void(std::int64_t)> take);

  // Takes `key=value` lines, all or none. Refused: what is set at the start only (16), what nobody knows and
  // values that make no sense (1).
  Verdict update(std::string_view lines);

  [[nodiscard]] std::string lines() const;
  // As upstream: a tool sees that something changed.
  [[nodiscard]] std::int64_t changes() const { return changes_; }
  [[nodiscard]] std::int64_t start_ms() const { return start_ms_; }

 private:
  // Checks a value; what to do to take it, or nothing.
  using Prepare = std::function<std::function<void()>(const std::string& value)>;
  struct Changeable {
    Prepare prepare;
    std::string form;  // of a value, for people
  };

  std::map<std::string, std::string, std::less<>> values_;
  std::map<std::string, Changeable, std::less<>> changeable_;
  std::int64_t start_ms_;
  std::int64_t changes_ = 0;
};

}  // namespace mq::broker
