#pragma once
#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace contracts {

// A text that may be missing: "" when the field is not there or is no text. Where that must be told apart,
// decode.hpp has the strict way.
inline std::string text(const boost::json::object& from, std::string_view field) {
  const auto* value = from.if_contains(field);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace contracts
