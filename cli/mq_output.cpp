#include "cli/mq_output.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <stdexcept>

#include "cli/console.hpp"
#include "cli/duration.hpp"
#include "contracts/time_text.hpp"
#include "mq/base/clock.hpp"

namespace cli {
namespace {
constexpr std::size_t kWidth = 100;
constexpr std::size_t kNarrowest = 8;

// Bytes of the UTF-8 sequence that `first` begins; 0 when none begins so.
std::size_t sequence_size(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}
}  // namespace

void print(const boost::json::value& value) { fmt::print("{}\n", boost::json::serialize(value)); }

void print_table(const Rows& rows) {
  auto table = rows;
  std::vector<std::size_t> widths;
  for (const auto& row : table) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], display_width(row[at]));
  }
  std::size_t total = widths.empty() ? 0 : 2 * (widths.size() - 1);
  for (const auto width : widths) total += width;
  while (total > kWidth) {
    const auto widest = std::ranges::max_element(widths);
    if (*widest <= kNarrowest) break;
    --*widest;
    --total;
  }
  for (auto& row : table) {
    for (std::size_t at = 0; at < row.size(); ++at) row[at] = clip(row[at], widths[at]);
  }
  fmt::print("{}", format_table(table));
}

std::string time_text(std::int64_t ms) {
  return ms > 0 ? contracts::format_time(base::from_millis(ms)) : "-";
}

std::int64_t parse_moment(const std::string& text) {
  if (const auto ago = parse_duration(text)) {
    return base::to_millis(base::SystemClock().now()) - ago->count();
  }
  const auto time = contracts::parse_time(text);
  if (!time) {
    throw std::runtime_error("\"" + text +
                             "\" is not a time; write 2026-03-01T08:00:00Z, or 90m for that long ago");
  }
  return base::to_millis(*time);
}

bool is_text(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const auto size = sequence_size(first);
    if (size == 0 || at + size > bytes.size()) return false;
    if (size == 1 && (first == 0x7F || (first < 0x20 && first != '\n' && first != '\t' && first != '\r'))) {
      return false;
    }
    for (std::size_t next = 1; next < size; ++next) {
      if ((static_cast<unsigned char>(bytes[at + next]) & 0xC0U) != 0x80U) return false;
    }
    at += size;
  }
  return true;
}

std::string hex_dump(std::string_view bytes) {
  constexpr std::size_t kLine = 16;
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += kLine) {
    const auto line = bytes.substr(at, kLine);
    std::string hex, letters;
    for (const char byte : line) {
      hex += fmt::format("{:02x} ", static_cast<unsigned char>(byte));
      letters += byte >= 0x20 && byte < 0x7F ? byte : '.';
    }
    text += fmt::format("{:08x}  {:<48} {}\n", at, hex, letters);
  }
  return text;
}

boost::json::object to_json(const mq::ReceivedMessage& message) {
  boost::json::object properties;
  for (const auto& [name, value] : message.properties) properties[name] = value;
  boost::json::object fields{{"topic", message.topic},
                             {"broker", message.broker},
                             {"queue", message.queue},
                             {"queue_offset", message.queue_offset.value()},
                             {"id", message.id},
                             {"offset_id", message.offset_id},
                             {"tag", message.tag},
                             {"keys", message.keys},
                             {"born_ms", message.born_ms},
                             {"store_ms", message.store_ms},
                             {"tries", message.reconsume_times}};
  if (is_text(message.body)) {
    fields["body"] = message.body;
  } else {
    std::string hex;
    for (const char byte : message.body) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    fields["body_hex"] = std::move(hex);
  }
  fields["properties"] = std::move(properties);
  return fields;
}

void print_whole(const mq::ReceivedMessage& message, std::size_t body_max) {
  Rows rows{{"topic", message.topic},
            {"place", fmt::format("queue {} of {}, offset {}", message.queue,
                                  message.broker.empty() ? "its broker" : message.broker,
                                  message.queue_offset.value())},
            {"id", message.id},
            {"offset id", message.offset_id},
            {"tag", message.tag.empty() ? "-" : message.tag},
            {"keys", message.keys.empty() ? "-" : message.keys},
            {"sent", time_text(message.born_ms)},
            {"stored", time_text(message.store_ms)},
            {"tries", std::to_string(message.reconsume_times)},
            {"body", fmt::format("{} bytes", message.body.size())}};
  for (const auto& [name, value] : message.properties) rows.push_back({"  " + name, value});
  const auto shown = std::string_view(message.body).substr(0, body_max);
  const bool text = is_text(message.body);
  fmt::print("{}\n{}{}", format_table(rows), text ? std::string(shown) : hex_dump(shown), text ? "\n" : "");
  if (shown.size() < message.body.size()) {
    fmt::print("... and {} bytes more; --whole shows them\n", message.body.size() - shown.size());
  }
}

void print_messages(const std::vector<mq::ReceivedMessage>& messages, bool json) {
  if (json) {
    boost::json::array all;
    for (const auto& message : messages) all.push_back(to_json(message));
    return print(all);
  }
  Rows rows{{"STORED", "QUEUE", "OFFSET", "TAG", "KEYS", "ID", "BYTES"}};
  for (const auto& message : messages) {
    rows.push_back({time_text(message.store_ms), std::to_string(message.queue),
                    std::to_string(message.queue_offset.value()), message.tag, message.keys, message.id,
                    std::to_string(message.body.size())});
  }
  print_table(rows);
}

}  // namespace cli
