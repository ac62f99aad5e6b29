#pragma once
#include <cstdint>
#include <string>
#include <string_view>

// Values of ext fields, from text and to text.
namespace mq::protocol {

// False when the text is no number of that type.
bool parse_field(std::string_view text, std::int32_t& value);
bool parse_field(std::string_view text, std::int64_t& value);
// As Java: "true" in any case is true, anything else false. Also "1", which the C++ client sends for a batch.
bool parse_field(std::string_view text, bool& value);
bool parse_field(std::string_view text, std::string& value);

std::string format_field(std::int32_t value);
std::string format_field(std::int64_t value);
std::string format_field(bool value);
inline std::string format_field(std::string value) { return value; }

// "queueId is missing", "queueId is no number: abc"; long values are cut.
std::string missing_field(std::string_view name);
std::string bad_field(std::string_view name, std::string_view value);

}  // namespace mq::protocol
