#include "mq/model/properties.hpp"

#include <cstring>

#include "mq/base/assert.hpp"
#include "mq/model/property_scan.hpp"

namespace mq {
namespace {

constexpr char kNameValue = '\x01';
constexpr char kItemEnd = '\x02';

bool has_key(std::string_view item, std::string_view key) {
  return item.size() > key.size() && item[key.size()] == kNameValue && item.starts_with(key);
}

bool is_clean(std::string_view text) { return text.find_first_of("\x01\x02") == std::string_view::npos; }

void append_item(std::string& to, std::string_view key, std::string_view value) {
  to.append(key).push_back(kNameValue);
  to.append(value).push_back(kItemEnd);
}

}  // namespace

// From the end, because the last of repeated keys wins and is then found first.
std::optional<std::string_view> find_property(std::string_view properties, std::string_view key) {
  if (key.empty()) return std::nullopt;
  if (properties.ends_with(kItemEnd)) properties.remove_suffix(1);
  while (!properties.empty()) {
    const void* const mark = ::memrchr(properties.data(), kItemEnd, properties.size());
    const std::size_t begin =
        mark == nullptr ? 0
                        : static_cast<std::size_t>(static_cast<const char*>(mark) - properties.data()) + 1;
    const std::string_view item = properties.substr(begin);
    if (has_key(item, key) && item.size() > key.size() + 1) return item.substr(key.size() + 1);
    if (begin == 0) break;
    properties = properties.substr(0, begin - 1);
  }
  return std::nullopt;
}

void set_property(std::string& properties, std::string_view key, std::string_view value) {
  BASE_ASSERT(!key.empty() && is_clean(key) && is_clean(value), "a property would break its neighbours");
  remove_property(properties, key);
  if (value.empty()) return;
  if (!properties.empty() && properties.back() != kItemEnd) properties.push_back(kItemEnd);
  append_item(properties, key, value);
}

void remove_property(std::string& properties, std::string_view key) {
  std::size_t at = 0;
  while (at < properties.size()) {
    const auto mark = properties.find(kItemEnd, at);
    const std::size_t end = mark == std::string::npos ? properties.size() : mark + 1;
    const std::size_t item_end = mark == std::string::npos ? properties.size() : mark;
    if (has_key(std::string_view(properties).substr(at, item_end - at), key)) {
      properties.erase(at, end - at);
    } else {
      at = end;
    }
  }
}

std::map<std::string, std::string> parse_properties(std::string_view properties) {
  std::map<std::string, std::string> items;
  for_each_property(properties, [&items](std::string_view item) {
    const auto [key, value] = split_property(item);
    if (!key.empty() && !value.empty()) items.insert_or_assign(std::string(key), std::string(value));
  });
  return items;
}

std::string format_properties(const std::map<std::string, std::string>& items) {
  std::string text;
  for (const auto& [key, value] : items) {
    BASE_ASSERT(!key.empty() && is_clean(key) && is_clean(value), "a property would break its neighbours");
    if (!value.empty()) append_item(text, key, value);
  }
  return text;
}

}  // namespace mq
