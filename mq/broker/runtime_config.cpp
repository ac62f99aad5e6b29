#include "mq/broker/runtime_config.hpp"

#include <charconv>
#include <utility>

namespace mq::broker {
namespace {

constexpr std::size_t kNamedMax = 100;  // of a key, in an answer

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Calls `take(key, value)` for each line that says something; false when one has no "=".
template <class Take>
bool for_each_line(std::string_view lines, Take take) {
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const auto line = trimmed(lines.substr(0, end));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return false;
    take(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
  }
  return true;
}

}  // namespace

RuntimeConfig::RuntimeConfig(std::string_view lines, std::int64_t start_ms) : start_ms_(start_ms) {
  for_each_line(lines, [this](std::string_view key, std::string_view value) {
    values_.emplace(std::string(key), std::string(value));
  });
}

void RuntimeConfig::may_switch(std::string key, std::function<void(bool)> take) {
  const auto prepare = [take = std::move(take)](const std::string& value) -> std::function<void()> {
    if (value != "true" && value != "false") return {};
    return [take, on = value == "true"] { take(on); };
  };
  changeable_.insert_or_assign(std::move(key), Changeable{prepare, "true or false"});
}

void RuntimeConfig::may_set(std::string key, std::int64_t low, std::int64_t high,
                            std::function<void(std::int64_t)> take) {
  const auto prepare = [low, high,
                        take = std::move(take)](const std::string& value) -> std::function<void()> {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < low || number > high)
      return {};
    return [take, number] { take(number); };
  };
  changeable_.insert_or_assign(std::move(key),
                               Changeable{prepare, std::to_string(low) + " to " + std::to_string(high)});
}

Verdict RuntimeConfig::update(std::string_view lines) {
  Verdict refused;
  std::map<std::string, std::pair<std::string, std::function<void()>>> wanted;
  const bool readable = for_each_line(lines, [&](std::string_view key, std::string_view value) {
    const std::string name(key.substr(0, kNamedMax));
    const auto found = changeable_.find(key);
    if (found == changeable_.end()) {
      refused = values_.contains(key)
                    ? refuse(response_code::kNoPermission, name +
                                                               " is set when the broker starts: change its "
                                                               "configuration and start it again")
                    : refuse(response_code::kSystemError, "there is no setting " + name + " to change");
      return;
    }
    std::string text(value);
    auto take = found->second.prepare(text);
    if (!take) refused = refuse(response_code::kSystemError, name + " must be " + found->second.form);
    wanted.insert_or_assign(name, std::pair{std::move(text), std::move(take)});
  });
  if (!readable) return refuse(response_code::kSystemError, "the settings are not lines of key=value");
  if (refused.code != response_code::kSuccess) return refused;
  if (wanted.empty()) return refuse(response_code::kSystemError, "no setting is named");
  for (const auto& [key, change] : wanted) {
    change.second();
    values_.insert_or_assign(key, change.first);
  }
  ++changes_;
  return {};
}

std::string RuntimeConfig::lines() const {
  std::string text;
  for (const auto& [key, value] : values_) text.append(key).append("=").append(value).append("\n");
  return text;
}

}  // namespace mq::broker
