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

double tps(const Traffic* traffic, Traffic::Tick tick) {
  if (traffic == nullptr) return 0;
  const auto sum = traffic->minute(tick);
  return static_cast<double>(sum.messages) / sum.seconds;
}

std::size_t histories_of(const Stats::Group& group) {
  return (group.traffic ? 1U : 0U) + (group.sent_back ? 1U : 0U);
}
}  // namespace

void Stats::add(std::unique_ptr<Traffic>& traffic, std::size_t& histories, std::uint64_t messages,
                std::uint64_t bytes) const {
  if (!traffic) {
    if (histories >= kHistoriesMax) return;
    ++histories;
    traffic = std::make_unique<Traffic>(tick_);
  }
  traffic->add(tick_, messages, bytes);
}

void Stats::put(std::string_view topic, std::size_t bytes) {
  if (recent_ == nullptr || recent_->first != topic) {
    recent_ = &*topics_.try_emplace(std::string(topic)).first;
  }
  auto& row = recent_->second;
  ++row.counts.messages_in;
  row.counts.bytes_in += bytes;
  message_sizes.add(static_cast<double>(bytes));
  add(row.traffic, topic_histories_, 1, bytes);
  all_put_.add(tick_, 1, bytes);
}

Stats::Group& Stats::group(std::string_view name, std::string_view topic) {
  return find_or_add(find_or_add(groups_, name), topic);
}

void Stats::got(std::string_view name, std::string_view topic, std::uint64_t messages, std::uint64_t bytes) {
  auto& row = group(name, topic);
  row.counts.messages_out += messages;
  row.counts.bytes_out += bytes;
  add(row.traffic, group_histories_, messages, bytes);
  all_got_.add(tick_, messages, bytes);
}

void Stats::sent_back(std::string_view name, std::string_view topic) {
  add(group(name, topic).sent_back, group_histories_, 1, 0);
}

const Stats::Topic* Stats::find_topic(std::string_view name) const {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

const Stats::Group* Stats::find_group(std::string_view group, std::string_view topic) const {
  const auto topics = groups_.find(group);
  if (topics == groups_.end()) return nullptr;
  const auto found = topics->second.find(topic);
  return found == topics->second.end() ? nullptr : &found->second;
}

double Stats::topic_put_tps(std::string_view topic) const {
  const auto* row = find_topic(topic);
  return row == nullptr ? 0 : tps(row->traffic.get(), tick_);
}

double Stats::group_get_tps(std::string_view group, std::string_view topic) const {
  const auto* row = find_group(group, topic);
  return row == nullptr ? 0 : tps(row->traffic.get(), tick_);
}

void Stats::forget_topic(std::string_view name) {
  if (const auto found = topics_.find(name); found != topics_.end()) {
    if (found->second.traffic) --topic_histories_;
    recent_ = nullptr;
    topics_.erase(found);
  }
  for (auto& [group, topics] : groups_) {
    const auto found = topics.find(name);
    if (found == topics.end()) continue;
    group_histories_ -= histories_of(found->second);
    topics.erase(found);
  }
}

void Stats::forget_group(std::string_view name) {
  const auto found = groups_.find(name);
  if (found == groups_.end()) return;
  for (const auto& [topic, row] : found->second) group_histories_ -= histories_of(row);
  groups_.erase(found);
}

void Stats::sample(Now now) {
  if (!first_sample_) first_sample_ = now;
  tick_ = static_cast<Traffic::Tick>((now - *first_sample_) / kSampleEvery);
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
