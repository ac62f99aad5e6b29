#include "mq/storage/projection.hpp"

#include <algorithm>
#include <utility>

#include "mq/base/assert.hpp"

namespace mq::storage {

Projection::Projection(Snapshot from)
    : metadata_(std::move(from.metadata)),
      removals_(std::move(from.removals)),
      halves_(std::move(from.halves)),
      delivered_(from.delivered),
      carried_(from.carried),
      newest_store_ms_(from.newest_store_ms) {
  for (const auto& [key, next] : from.next_offsets) {
    auto& queue = queues_.get(key.first, key.second);
    queue.next = next;
    queue.visible = next;
  }
  for (auto& [key, all] : from.shared) {
    for (const auto& bodies : all) need(bodies);
    queues_.get(key.first, key.second).shared = std::move(all);
  }
}

void Projection::begin_segment(LogOffset start) {
  tables_.emplace_back();
  tables_.back().start = start;
}

void Projection::add_entry(QueueState& queue, std::int64_t offset, const StoredEntry& entry) {
  auto& tables = tables_.back();
  queues_.append(queue, offset, tables.start, entry);
  auto& run = queue.runs.back();
  if (run.base == offset) {
    run.number = static_cast<std::uint32_t>(tables.runs.size());
    tables.runs.push_back({queue.topic->name, queue.queue, offset});
  }
  tables.entries.push_back({entry, run.number});
}

void Projection::add_message(QueueState& queue, const Message& message, const IndexedProperties& properties) {
  auto& tables = tables_.back();
  const auto at = message.at.value();
  add_entry(queue, message.queue_offset, {at, tag_hash(properties.tag), message.size});
  for_each_key(properties,
               [&](std::string_view key) { tables.keys.add({key_hash(queue.topic->key_state, key), at}); });
  ++tables.records;
  tables.store_ms_min = std::min(tables.store_ms_min, message.store_ms);
  tables.store_ms_max = std::max(tables.store_ms_max, message.store_ms);
  newest_store_ms_ = std::max(newest_store_ms_, message.store_ms);
}

void Projection::share_body(QueueState& queue, const Message& message, LogOffset holder,
                            const TimerMark& timer) {
  const SharedBodies bodies{.holder = holder,
                            .last = message.queue_offset,
                            .last_at = message.at,
                            .last_ms = message.store_ms,
                            .last_timer = holder == tables_.back().start ? TimerMark{} : timer};
  add_shared(queue.shared, bodies);
  events_.emplace_back(SharedBodiesChange{queue.topic->name, queue.queue, bodies});
  need(bodies);
}

void Projection::need(const SharedBodies& bodies) {
  auto& needed = needed_[bodies.holder];
  needed.newest = std::max(needed.newest, bodies.last_at);
  needed.newest_ms = std::max(needed.newest_ms, bodies.last_ms);
  needed.last_timer = std::max(needed.last_timer, bodies.last_timer);
}

std::optional<Projection::Needed> Projection::needed(LogOffset holder) const {
  const auto found = needed_.find(holder);
  if (found == needed_.end()) return {};
  return found->second;
}

void Projection::add_timer(const TimerMark& timer) {
  auto& tables = tables_.back();
  tables.timers.push_back(timer);
  tables.last_timer = std::max(tables.last_timer, timer);
}

void Projection::deliver_timer(const TimerMark& timer) { delivered_ = std::max(delivered_, timer); }

void Projection::carry_timer(LogOffset segment, const TimerMark& timer) {
  carried_ = std::max(carried_, CarriedMark{segment, timer});
}

void Projection::add_half(LogOffset half) {
  halves_.add(half);
  events_.emplace_back(HalfChange{half, HalfChange::What::stored});
}

void Projection::carry_half(LogOffset half, LogOffset to) {
  halves_.carry(half, to);
  events_.emplace_back(HalfChange{half, HalfChange::What::carried, to});
}

void Projection::decide_half(LogOffset half) {
  halves_.decide(half);
  events_.emplace_back(HalfChange{half, HalfChange::What::decided});
}

void Projection::change_metadata(std::vector<MetaChange> changes) {
  for (const auto& change : changes) {
    if (change.value) {
      metadata_.insert_or_assign(change.key, *change.value);
    } else {
      metadata_.erase(change.key);
    }
  }
  events_.emplace_back(std::move(changes));
}

void Projection::remove_topic(std::string_view topic, LogOffset at) {
  auto& tables = tables_.back();
  queues_.for_each_of(topic, [&tables](const QueueState& queue) {
    if (queue.runs.empty() || queue.runs.back().segment != tables.start) return;
    tables.removed.push_back(queue.runs.back().number);
  });
  queues_.remove(topic);
  removals_.insert_or_assign(std::string(topic), at);
  events_.emplace_back(TopicRemoval{std::string(topic), at});
}

// Store times never fall, so the first segment that has messages has the oldest.
std::optional<std::int64_t> Projection::earliest_store_ms() const {
  for (const auto& [start, index] : indexes_) {
    if (index->header().records > 0) return index->header().store_ms_min;
  }
  for (const auto& tables : tables_) {
    if (tables.store_ms_min <= tables.store_ms_max) return tables.store_ms_min;
  }
  return {};
}

std::optional<LogOffset> Projection::removed_at(std::string_view topic) const {
  const auto found = removals_.find(topic);
  if (found == removals_.end()) return {};
  return found->second;
}

bool Projection::is_current(std::string_view topic, LogOffset segment_end) const {
  const auto removed = removed_at(topic);
  return !removed || segment_end > *removed;
}

IndexContent Projection::capture(const SegmentTables& tables) {
  IndexContent content;
  content.tables = tables;
  return content;
}

std::deque<SnapshotEvent> Projection::take_events() { return std::exchange(events_, {}); }

bool Projection::attach(std::shared_ptr<const SegmentIndex> index, LogOffset segment_end,
                        const std::vector<IndexedRun>& runs) {
  const auto start = index->header().start;
  for (const auto& run : runs) {
    if (!is_current(run.topic, segment_end)) continue;
    if (run.queue < 0 || run.queue >= kQueuesMax) return false;
    auto& queue = queues_.get(run.topic, run.queue);
    if (!queue.runs.empty() && queue.runs.back().end() != run.base) return false;
    queue.runs.push_back({.segment = start,
                          .base = run.base,
                          .index = index,
                          .number = {},
                          .entries = {},
                          .indexed = run.entries});
  }
  indexes_.insert_or_assign(start, std::move(index));
  return true;
}

bool Projection::attach(const IndexContent& rebuilt, LogOffset segment_end) {
  for (const auto& run : rebuilt.runs) {
    if (!is_current(*run.topic, segment_end)) continue;
    auto& queue = queues_.get(*run.topic, run.queue);
    if (!queue.runs.empty() && queue.runs.back().end() != run.base) return false;
    queue.runs.push_back({.segment = rebuilt.tables.start,
                          .base = run.base,
                          .index = {},
                          .number = {},
                          .entries = run.entries,
                          .indexed = {}});
  }
  tables_.push_back(rebuilt.tables);
  return true;
}

void Projection::replace_some(std::size_t queues) {
  while (!replacing_.empty()) {
    auto& current = replacing_.front();
    for (; current.next < current.runs->size(); ++current.next) {
      if (queues-- == 0) return;
      replace_run(current, (*current.runs)[current.next]);
    }
    const auto start = current.index->header().start;
    std::erase_if(tables_, [start](const SegmentTables& tables) { return tables.start == start; });
    indexes_.insert_or_assign(start, std::move(current.index));
    replacing_.pop_front();
  }
}

void Projection::replace_run(const Replacement& replacement, const IndexedRun& written) {
  // A topic that was removed meanwhile has no run here, even if it is back.
  auto* const queue = is_current(written.topic, replacement.segment_end)
                          ? queues_.find(written.topic, written.queue)
                          : nullptr;
  if (queue == nullptr) return;
  const auto start = replacement.index->header().start;
  const auto run = std::ranges::lower_bound(queue->runs, start, {}, &Run::segment);
  BASE_ASSERT(run != queue->runs.end() && run->segment == start && run->base == written.base &&
                  run->entries.size() == written.entries.count,
              "an index says what memory says");
  run->index = replacement.index;
  run->indexed = written.entries;
  run->entries = {};
}

void Projection::forget(LogOffset segment) {
  replacing_.clear();
  queues_.forget();
  indexes_.clear();
  tables_.clear();
  metadata_.clear();
  removals_.clear();
  halves_ = {};
  needed_.clear();
  events_.clear();
  begin_segment(segment);
}

void Projection::drop_before(LogOffset begin, LogOffset begin_on_disk) {
  queues_.drop_before(begin, begin_on_disk);
  indexes_.erase(indexes_.begin(), indexes_.lower_bound(begin));
  needed_.erase(needed_.begin(), needed_.lower_bound(begin));
  std::erase_if(tables_, [begin](const SegmentTables& tables) { return tables.start < begin; });
  std::erase_if(removals_, [begin](const auto& removal) { return removal.second < begin; });
}

}  // namespace mq::storage
