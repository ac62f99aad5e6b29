#include "chassis/outbox_backlog.hpp"

#include <algorithm>

#include "mq/base/assert.hpp"

namespace chassis {
namespace {

using namespace std::chrono_literals;

// A message the broker refuses may be refused for long; a broker that is away should be met soon
// after it came back.
struct Pauses {
  std::chrono::milliseconds first, longest;
};
constexpr Pauses kRefused{200ms, 30'000ms};
constexpr Pauses kUnanswered{1000ms, 5000ms};

}  // namespace

OutboxBacklog::ReadFilter OutboxBacklog::begin_read(Instant now) {
  failed_since_read_.clear();
  ReadFilter filter;
  filter.ids.assign(sent_.begin(), sent_.end());
  std::size_t held = 0;
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    const auto& [key, of] = *lane;
    const bool is_held = of.held_until > now;
    // A pause that ended and left no row has done its work, or its row was removed by hand.
    if (!is_held && of.rows.empty() && !of.out && now - of.held_until > kRefused.longest) {
      lane = lanes_.erase(lane);
      continue;
    }
    if (of.out) filter.ids.push_back(of.out->id);
    for (const auto& row : of.rows) filter.ids.push_back(row.id);
    if (is_held || of.rows.size() >= kRowsPerKeyMax) filter.keys.push_back(key);
    held += is_held ? 1 : 0;
    ++lane;
  }
  filter.limit = held < kHeldKeysMax ? kRowsMax - std::min(unsent_, kRowsMax) : 0;
  return filter;
}

void OutboxBacklog::load(std::vector<Row> rows) {
  for (auto& row : rows) {
    if (failed_since_read_.contains(row.message.key)) continue;
    auto& lane = lanes_[row.message.key];
    const auto key = row.message.key;
    // A writer that does not lock its aggregate may show a lower id late.
    const auto place = std::ranges::upper_bound(lane.rows, row.id, {}, &Row::id);
    lane.rows.insert(place, std::move(row));
    ++unsent_;
    make_ready(key, lane);
  }
}

void OutboxBacklog::make_ready(const std::string& key, Lane& lane) {
  if (lane.queued || lane.out || lane.rows.empty()) return;
  lane.queued = true;
  ready_.push_back(key);
}

std::optional<OutboxBacklog::Row> OutboxBacklog::take() {
  if (ready_.empty()) return std::nullopt;
  auto& lane = lanes_.at(ready_.front());
  ready_.pop_front();
  lane.queued = false;
  lane.out = std::move(lane.rows.front());
  lane.rows.pop_front();
  ++out_;
  return lane.out;
}

OutboxBacklog::Lane& OutboxBacklog::finish(const Row& row) {
  auto& lane = lanes_.at(row.message.key);
  BASE_ASSERT(lane.out && lane.out->id == row.id, "only the row that is out is reported, once");
  lane.out.reset();
  --out_;
  --unsent_;
  return lane;
}

void OutboxBacklog::sent(const Row& row) {
  auto& lane = finish(row);
  sent_.insert(row.id);
  lane.pause = 0ms;
  lane.held_until = {};
  make_ready(row.message.key, lane);
  drop_if_idle(row.message.key);
}

// The key's rows leave memory, so that keys in trouble cannot fill it; they are read again when the
// pause is over.
void OutboxBacklog::failed(const Row& row, Failure why, Instant now) {
  auto& lane = finish(row);
  unsent_ -= lane.rows.size();
  lane.rows.clear();
  const auto& pauses = why == Failure::refused ? kRefused : kUnanswered;
  lane.pause = std::clamp(lane.pause * 2, pauses.first, pauses.longest);
  lane.held_until = now + lane.pause;
  lane.why = why;
  failed_since_read_.insert(row.message.key);
}

void OutboxBacklog::drop_if_idle(const std::string& key) {
  const auto lane = lanes_.find(key);
  if (lane->second.rows.empty() && !lane->second.out) lanes_.erase(lane);
}

void OutboxBacklog::deleted(const std::vector<std::int64_t>& ids) {
  for (const auto id : ids) sent_.erase(id);
}

void OutboxBacklog::release_unanswered() {
  for (auto& [key, lane] : lanes_) {
    if (lane.why == Failure::unanswered) lane.held_until = {};
  }
}

void OutboxBacklog::clear() {
  ready_.clear();
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    auto& of = lane->second;
    unsent_ -= of.rows.size();
    of.rows.clear();
    of.queued = false;
    lane = of.out ? std::next(lane) : lanes_.erase(lane);
  }
}

std::optional<base::Time> OutboxBacklog::oldest() const {
  std::optional<base::Time> oldest;
  const auto consider = [&oldest](const Row& row) {
    if (!oldest || row.created < *oldest) oldest = row.created;
  };
  for (const auto& [key, lane] : lanes_) {
    if (lane.out) consider(*lane.out);
    if (!lane.rows.empty()) consider(lane.rows.front());
  }
  return oldest;
}

}  // namespace chassis
