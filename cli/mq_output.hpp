#pragma once
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mq/model/message.hpp"

namespace cli {

using Rows = std::vector<std::vector<std::string>>;

void print(const boost::json::value& value);
// At most 100 columns wide: of the widest cells the ends go.
void print_table(const Rows& rows);

// "-" for no time.
std::string time_text(std::int64_t ms);
// What somebody says on the command line: RFC 3339, or "90m" for that long ago. Throws a sentence.
std::int64_t parse_moment(const std::string& text);

// Text that a terminal can show: UTF-8 without control characters but line breaks and tabs.
bool is_text(std::string_view bytes);
// Offset, sixteen bytes in hex, the same as text; a line for each sixteen bytes.
std::string hex_dump(std::string_view bytes);

boost::json::object to_json(const mq::ReceivedMessage& message);
// Every field on a line of its own, the body last: as text, or in hex when it is none. At most `body_max`
// bytes of it.
void print_whole(const mq::ReceivedMessage& message, std::size_t body_max);
// One line for each, or a JSON array.
void print_messages(const std::vector<mq::ReceivedMessage>& messages, bool json);

}  // namespace cli
