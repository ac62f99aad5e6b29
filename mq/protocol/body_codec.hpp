#pragma once
#include <boost/json.hpp>
#include <boost/system/errc.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "mq/model/names.hpp"
#include "mq/protocol/body.hpp"
#include "mq/protocol/field_text.hpp"
#include "mq/protocol/json_text.hpp"
#include "mq/protocol/raw_keys.hpp"

// The definitions behind body.hpp. Only the files that instantiate them include this; it is slow to compile.
namespace mq::protocol {

template <class T>
concept NamedEnum = std::is_enum_v<T> && requires { enum_names(T{}); };

// Prints bodies; see body.hpp for what is special about the text.
class BodyWriter {
 public:
  explicit BodyWriter(std::string& out) : out_(out) {}

  template <class T>
  void field(std::string_view name, const T& value) {
    member();
    append_quoted(out_, name);
    out_.push_back(':');
    write(value);
  }
  template <class T>
  void field(std::string_view name, const std::optional<T>& value) {
    if (value) field(name, *value);
  }

  template <class Body>
    requires std::is_class_v<Body>
  void write(const Body& body) {
    object([&] { Body::visit(body, *this); });
  }

 private:
  void write(const std::string& text) { append_quoted(out_, text); }
  void write(bool value) { out_.append(format_field(value)); }
  void write(std::int32_t value) { out_.append(format_field(value)); }
  void write(std::int64_t value) { out_.append(format_field(value)); }
  void write(double value) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
    out_.append(text);
    // Java writes 0.0, and some readers take a number without a point for an integer.
    if (text.find_first_not_of("-0123456789") == std::string_view::npos) out_.append(".0");
  }
  template <NamedEnum Enum>
  void write(Enum value) {
    append_quoted(out_, enum_names(value)[static_cast<std::size_t>(value)]);
  }
  void write(const MessageQueue& queue) {
    object([&] {
      field("brokerName", queue.broker);
      field("queueId", queue.queue);
      field("topic", queue.topic);
    });
  }
  template <class T>
  void write(const std::vector<T>& items) {
    out_.push_back('[');
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i != 0) out_.push_back(',');
      write(items[i]);
    }
    out_.push_back(']');
  }
  template <class Key, class T>
  void write(const std::map<Key, T>& items) {
    object([&] {
      for (const auto& [key, value] : items) {
        member();
        write_key(key);
        out_.push_back(':');
        write(value);
      }
    });
  }
  void write_key(const std::string& key) { write(key); }
  void write_key(std::int64_t key) { append_quoted(out_, format_field(key)); }
  void write_key(const MessageQueue& key) { write(key); }

  template <class Members>
  void object(Members members) {
    out_.push_back('{');
    const bool outer = std::exchange(first_, true);
    members();
    first_ = outer;
    out_.push_back('}');
  }
  void member() {
    if (!std::exchange(first_, false)) out_.push_back(',');
  }

  std::string& out_;
  bool first_ = true;
};

// Parses `text`, with raw member names when plain JSON will not do.
inline base::Result<boost::json::value> parse_relaxed(std::string_view text) {
  boost::system::error_code failed;
  auto plain = boost::json::parse(text, failed);
  if (!failed) return plain;
  const auto quoted = quote_raw_keys(text);
  if (!quoted) return failed;
  auto relaxed = boost::json::parse(*quoted, failed);
  if (failed) return failed;
  return relaxed;
}

// Fills bodies from parsed JSON. ok() tells whether everything was of a kind that can be read.
class BodyReader {
 public:
  explicit BodyReader(const boost::json::object& object) : object_(object) {}

  template <class T>
  void field(std::string_view name, T& into) {
    const boost::json::value* const value = object_.if_contains(name);
    if (value == nullptr || value->is_null()) return;
    ok_ = read(*value, into) && ok_;
  }
  [[nodiscard]] bool ok() const { return ok_; }

  template <class Body>
    requires std::is_class_v<Body>
  static bool read(const boost::json::value& value, Body& into) {
    if (!value.is_object()) return false;
    BodyReader reader(value.get_object());
    Body::visit(into, reader);
    return reader.ok();
  }

 private:
  static bool read(const boost::json::value& value, std::string& into) {
    if (value.is_structured()) return false;
    into = value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
    return true;
  }
  static bool read(const boost::json::value& value, bool& into) {
    if (value.is_string()) return parse_field(std::string_view(value.get_string()), into);
    if (value.is_int64()) into = value.get_int64() != 0;
    if (value.is_bool()) into = value.get_bool();
    return value.is_int64() || value.is_bool();
  }
  static bool read(const boost::json::value& value, std::int32_t& into) { return read_number(value, into); }
  static bool read(const boost::json::value& value, std::int64_t& into) { return read_number(value, into); }
  static bool read(const boost::json::value& value, double& into) { return read_number(value, into); }
  template <class Number>
  static bool read_number(const boost::json::value& value, Number& into) {
    if (value.is_string()) {
      const std::string_view text = value.get_string();
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
      return error == std::errc{} && end == text.data() + text.size();
    }
    boost::system::error_code failed;
    const auto number = value.to_number<Number>(failed);
    if (!failed) into = number;
    return !failed;
  }
  template <NamedEnum Enum>
  static bool read(const boost::json::value& value, Enum& into) {
    const auto& names = enum_names(into);
    std::size_t index = 0;
    while (value.is_string() && index < names.size() && names[index] != value.get_string()) ++index;
    if (!value.is_string() || index == names.size()) {
      std::int32_t ordinal = -1;
      if (!read_number(value, ordinal) || ordinal < 0) return false;
      index = static_cast<std::size_t>(ordinal);
    }
    if (index < names.size()) into = static_cast<Enum>(index);
    return index < names.size();
  }
  static bool read(const boost::json::value& value, MessageQueue& into) {
    if (!value.is_object()) return false;
    BodyReader reader(value.get_object());
    reader.field("brokerName", into.broker);
    reader.field("queueId", into.queue);
    reader.field("topic", into.topic);
    return reader.ok();
  }
  template <class T>
  static bool read(const boost::json::value& value, std::optional<T>& into) {
    return read(value, into.emplace());
  }
  template <class T>
  static bool read(const boost::json::value& value, std::vector<T>& into) {
    if (!value.is_array()) return false;
    into.clear();
    bool ok = true;
    for (const auto& item : value.get_array()) {
      if (!item.is_null()) ok = read(item, into.emplace_back()) && ok;
    }
    return ok;
  }
  template <class Key, class T>
  static bool read(const boost::json::value& value, std::map<Key, T>& into) {
    if (!value.is_object()) return false;
    into.clear();
    bool ok = true;
    for (const auto& [name, item] : value.get_object()) {
      Key key{};
      ok = read_key(name, key) && ok;
      if (!item.is_null()) ok = read(item, into[key]) && ok;
    }
    return ok;
  }
  static bool read_key(std::string_view name, std::string& key) {
    key = name;
    return true;
  }
  static bool read_key(std::string_view name, std::int64_t& key) { return parse_field(name, key); }
  static bool read_key(std::string_view name, MessageQueue& key) {
    const auto parsed = parse_relaxed(name);
    return parsed.has_value() && read(*parsed, key);
  }

  const boost::json::object& object_;
  bool ok_ = true;
};

template <class Body>
std::string encode_body(const Body& body) {
  std::string text;
  BodyWriter(text).write(body);
  return text;
}

template <class Body>
base::Result<Body> decode_body(std::string_view text) {
  const auto parsed = parse_relaxed(text);
  Body body;
  if (parsed.has_error() || !BodyReader::read(*parsed, body)) {
    return make_error_code(boost::system::errc::invalid_argument);
  }
  return body;
}

}  // namespace mq::protocol

// In a .cpp: makes both functions for one body type.
#define MQ_INSTANTIATE_BODY(Body)                     \
  template std::string encode_body(const Body& body); \
  template base::Result<Body> decode_body<Body>(std::string_view text)
