#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "contracts/envelope.hpp"

namespace push {

// What a buyer is told about an event.
struct Text {
  std::string_view name;  // of the template: one push per order and template
  std::string user_id, title, body;
  std::optional<std::string> phone;
};

// Nothing for events that nobody is told of; errc::bad_message for one that cannot be read.
base::Result<std::optional<Text>> text_for(const contracts::Envelope& envelope);

}  // namespace push
