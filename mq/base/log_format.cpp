#include "mq/base/log_format.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace base {
namespace {

std::string timestamp(std::chrono::system_clock::time_point at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(at - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), micros);
}

bool is_key_start(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }
bool is_key_char(char c) { return is_key_start(c) || (c >= '0' && c <= '9') || c == '.'; }

// Length of `key` when `text` begins with `key=`, otherwise 0.
std::size_t key_length(std::string_view text) {
  if (text.empty() || !is_key_start(text.front())) return 0;
  const auto end = std::ranges::find_if_not(text, is_key_char);
  return end != text.end() && *end == '=' ? static_cast<std::size_t>(end - text.begin()) : 0;
}

// Where the next ` key=` begins (its blank), or the end.
std::size_t next_key(std::string_view text) {
  for (auto blank = text.find(' '); blank != std::string_view::npos; blank = text.find(' ', blank + 1)) {
    if (key_length(text.substr(blank + 1)) > 0) return blank;
  }
  return text.size();
}

// "…" with backslash escapes, as log_quoted() writes it. Takes it off the front of `text`; false when
// the closing quote is missing.
bool take_quoted(std::string_view& text, std::string& value) {
  std::string inside;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      value = std::move(inside);
      return true;
    }
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      inside += text[i] == 'n' ? '\n' : text[i] == 'r' ? '\r' : text[i] == 't' ? '\t' : text[i];
    } else {
      inside += text[i];
    }
  }
  return false;
}

// Bytes of the UTF-8 character at the front, 0 when it is none. Overlong forms, surrogates and what
// lies past U+10FFFF are none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;
  if (lead == 0xed && byte(1) > 0x9f) return 0;
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

void append_json_field(std::string& out, std::string_view key, std::string_view value) {
  if (out.size() > 1) out += ',';
  out += '"';
  append_json_escaped(out, key);
  out += "\":\"";
  append_json_escaped(out, value);
  out += '"';
}

bool is_reserved(std::string_view key) {
  return key == "ts" || key == "level" || key == "service" || key == "logger" || key == "msg";
}

std::string_view colour_of(std::string_view level) {
  if (level == "error" || level == "critical") return "\x1b[31m";
  if (level == "warning") return "\x1b[33m";
  return level == "info" ? "\x1b[32m" : "\x1b[2m";
}

class Formatter final : public spdlog::formatter {
 public:
  Formatter(LogForm form, std::string service) : form_(form), service_(std::move(service)) {}
  void format(const spdlog::details::log_msg& msg, spdlog::memory_buf_t& dest) override {
    const auto level = spdlog::level::to_string_view(msg.level);
    const LogLine line{.at = msg.time,
                       .level = {level.data(), level.size()},
                       .logger = {msg.logger_name.data(), msg.logger_name.size()},
                       .message = {msg.payload.data(), msg.payload.size()}};
    const std::string text =
        form_ == LogForm::json ? json_line(line, service_) : text_line(line, form_ == LogForm::coloured);
    dest.append(text.data(), text.data() + text.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<Formatter>(form_, service_);
  }

 private:
  LogForm form_;
  std::string service_;
};

}  // namespace

std::string text_line(const LogLine& line, bool colour) {
  std::string level(line.level.substr(0, line.level == "warning" ? 4 : line.level.size()));
  std::ranges::transform(level, level.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  level.resize(std::max<std::size_t>(level.size(), 5), ' ');
  if (colour) level = std::string(colour_of(line.level)) + level + "\x1b[0m";
  std::string out = timestamp(line.at) + " " + level + " " + std::string(line.logger) + ": ";
  for (const char c : line.message) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + "\n";
}

std::string json_line(const LogLine& line, std::string_view service) {
  const auto parsed = parse_message(line.message);
  std::string out = "{";
  append_json_field(out, "ts", timestamp(line.at));
  append_json_field(out, "level", line.level == "warning" ? "warn" : line.level);
  append_json_field(out, "service", service);
  append_json_field(out, "logger", line.logger);
  append_json_field(out, "msg", parsed.sentence);
  for (std::size_t i = 0; i < parsed.fields.size(); ++i) {
    const auto& [key, value] = parsed.fields[i];
    // A JSON object has each key once: the last one counts, as it would for most readers.
    const auto later =
        std::ranges::find_if(parsed.fields.begin() + static_cast<std::ptrdiff_t>(i) + 1, parsed.fields.end(),
                             [&](const auto& f) { return f.first == key; });
    if (later != parsed.fields.end()) continue;
    append_json_field(out, is_reserved(key) ? "field_" + std::string(key) : std::string(key), value);
  }
  return out + "}\n";
}

ParsedMessage parse_message(std::string_view message) {
  ParsedMessage parsed;
  const std::size_t tail = key_length(message) > 0 ? 0 : next_key(message);
  parsed.sentence = message.substr(0, tail);
  std::string_view rest = message.substr(tail);
  while (!rest.empty()) {
    if (rest.front() == ' ') rest.remove_prefix(1);
    const auto length = key_length(rest);
    if (length == 0) break;
    const auto key = rest.substr(0, length);
    rest.remove_prefix(length + 1);
    std::string value;
    const bool whole = rest.starts_with('"') && take_quoted(rest, value);
    const auto end = next_key(rest);
    // Whatever stands behind a closing quote still belongs to the value.
    value += whole && rest.starts_with(' ') && end == 0 ? "" : std::string(rest.substr(0, end));
    rest.remove_prefix(end);
    parsed.fields.emplace_back(key, std::move(value));
  }
  return parsed;
}

void append_json_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
      continue;
    }
    const char c = text.front();
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

std::unique_ptr<spdlog::formatter> make_log_formatter(LogForm form, std::string service) {
  return std::make_unique<Formatter>(form, std::move(service));
}

}  // namespace base
