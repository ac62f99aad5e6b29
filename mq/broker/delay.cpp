#include "mq/broker/delay.hpp"

#include <charconv>

namespace mq::broker {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> duration_ms(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto count = number(text.substr(0, text.size() - 1));
  if (!count || *count < 0 || *count > 100'000) return std::nullopt;
  switch (text.back()) {
    case 's':
      return *count * 1000;
    case 'm':
      return *count * 60'000;
    case 'h':
      return *count * 3'600'000;
    case 'd':
      return *count * 86'400'000;
    default:
      return std::nullopt;
  }
}

Verdict illegal(std::string why) { return refuse(response_code::kMessageIllegal, std::move(why)); }

}  // namespace

std::optional<DelayLevels> DelayLevels::parse(std::string_view text) {
  DelayLevels levels;
  while (!text.empty()) {
    const auto blank = text.find(' ');
    const auto word = text.substr(0, blank);
    text = blank == std::string_view::npos ? std::string_view{} : text.substr(blank + 1);
    if (word.empty()) continue;
    const auto wait = duration_ms(word);
    if (!wait) return std::nullopt;
    levels.levels_ms_.push_back(*wait);
  }
  if (levels.levels_ms_.empty()) return std::nullopt;
  return levels;
}

DelayPlan plan_delay(const DelayWish& wish, const DelayLevels& levels, std::int64_t now_ms,
                     std::int64_t timer_max_ms) {
  DelayPlan plan;
  if (wish.level) {
    const auto level = number(*wish.level);
    if (level && *level > 0) {
      plan.level = levels.clamp(*level > levels.count() ? levels.count() : static_cast<int>(*level));
      plan.due_ms = now_ms + levels.wait_ms(plan.level);
      return plan;
    }
  }
  // Limits are compared before anything is added or taken away: a client may ask for 2^63 seconds.
  const auto relative = [&](std::string_view text, std::int64_t unit) -> std::optional<std::int64_t> {
    const auto count = number(text);
    if (!count || *count > timer_max_ms / unit) return std::nullopt;
    return now_ms + (*count < 0 ? 0 : *count * unit);
  };
  std::optional<std::int64_t> due;
  if (wish.timer_delay_sec) {
    due = relative(*wish.timer_delay_sec, 1000);
  } else if (wish.timer_delay_ms) {
    due = relative(*wish.timer_delay_ms, 1);
  } else if (wish.timer_deliver_ms) {
    due = number(*wish.timer_deliver_ms);
  } else {
    return plan;
  }
  if (!due || *due > now_ms + timer_max_ms) {
    plan.refused = illegal("timer message illegal: the delay is no number or beyond the limit of " +
                           std::to_string(timer_max_ms / 1000) + " s");
    return plan;
  }
  if (*due <= now_ms) return plan;
  plan.timer = true;
  plan.due_ms = *due;
  return plan;
}

}  // namespace mq::broker
