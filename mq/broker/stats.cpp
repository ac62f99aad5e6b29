#include "mq/broker/stats.hpp"

#include <ctime>

namespace mq::broker {
namespace {
// Days since the epoch on the wall calendar people look at.
std::int64_t local_day(base::Time at) {
  const auto seconds = static_cast<std::time_t>(base::to_millis(at) / 1000);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return (static_cast<std::int64_t>(seconds) + parts.tm_gmtoff) / 86'400;
}

template <class Map>
auto& find_or_add(Map& map, std::string_view name) {
  const auto found = map.find(name);
  if (found != map.end()) return found->second;
  return map[std::string(name)];
}
}  // namespace

TopicCounts& Stats::topic(std::string_view name) { return find_or_add(topics_, name); }
GroupCounts& Stats::consumed(std::string_view group, std::string_view topic) {
  return find_or_add(find_or_add(groups_, group), topic);
}

void Stats::forget_topic(std::string_view name) {
  if (const auto found = topics_.find(name); found != topics_.end()) topics_.erase(found);
  for (auto& [group, topics] : groups_) {
    if (const auto found = topics.find(name); found != topics.end()) topics.erase(found);
  }
}

void Stats::forget_group(std::string_view name) {
  if (const auto found = groups_.find(name); found != groups_.end()) groups_.erase(found);
}

void Stats::sample(Now now) {
  const auto today = local_day(clock_.now());
  if (day_ >= 0 && today != day_) {
    days_.yesterday_morning = days_.today_morning;
    days_.today_morning = totals;
  }
  day_ = today;
  if (!samples_.empty() && now - samples_.back().at < kSampleEvery) return;
  samples_.push_back({now, totals});
  while (samples_.size() > 61) samples_.pop_front();
}

Rates Stats::rate(std::uint64_t Totals::* counter, Now now) const {
  const auto over = [&](std::chrono::seconds window) {
    // The oldest sample that is not older than the window, give or take.
    for (const auto& sample : samples_) {
      const auto age = now - sample.at;
      if (age > window + kSampleEvery / 2 || age <= std::chrono::seconds{0}) continue;
      return static_cast<double>(totals.*counter - sample.totals.*counter) /
             std::chrono::duration<double>(age).count();
    }
    return 0.0;
  };
  return {over(std::chrono::seconds{10}), over(std::chrono::seconds{60}), over(std::chrono::seconds{600})};
}

}  // namespace mq::broker
