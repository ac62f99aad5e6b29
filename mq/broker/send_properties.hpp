#pragma once
#include <optional>
#include <string_view>

#include "mq/broker/delay.hpp"

namespace mq::broker {

// The properties of a message that the broker acts upon, found in one pass over the string.
struct SendProperties {
  std::optional<std::string_view> unique_key;
  std::optional<std::string_view> wait;
  bool half = false;  // TRAN_MSG: a half message
  bool pop_checkpoint = false;
  bool has_brokers_own = false;  // one that only a broker sets; forwarded messages bring them along
  DelayWish delay;

  // A half message never is: its producer decides about what it knows to be stored.
  [[nodiscard]] bool answered_early() const { return wait == "false" && !half; }
};
SendProperties scan_properties(std::string_view properties);

}  // namespace mq::broker
