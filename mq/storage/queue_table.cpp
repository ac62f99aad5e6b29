#include "mq/storage/queue_table.hpp"

#include <algorithm>
#include <utility>

#include "mq/base/assert.hpp"
#include "mq/storage/keys.hpp"

namespace mq::storage {

QueueState& QueueTable::get(std::string_view topic, std::int32_t queue) {
  BASE_ASSERT(queue >= 0 && queue < kQueuesMax, "callers check queue numbers");
  if (recent_ == nullptr || *recent_->name != topic) {
    auto at = topics_.find(topic);
    if (at == topics_.end()) {
      at = topics_.try_emplace(std::string(topic)).first;
      at->second.name = std::make_shared<const std::string>(topic);
      at->second.key_state = topic_key_state(topic);
    }
    recent_ = &at->second;
  }
  auto& queues = recent_->queues;
  const auto index = static_cast<std::size_t>(queue);
  if (index >= queues.size()) queues.resize(index + 1);
  if (!queues[index]) {
    queues[index] = std::make_unique<QueueState>();
    queues[index]->topic = recent_;
    all_.push_back(queues[index].get());
    queues[index]->queue = queue;
  }
  return *queues[index];
}

QueueState* QueueTable::find(std::string_view topic, std::int32_t queue) const {
  const auto at = topics_.find(topic);
  if (at == topics_.end() || queue < 0) return nullptr;
  const auto index = static_cast<std::size_t>(queue);
  return index < at->second.queues.size() ? at->second.queues[index].get() : nullptr;
}

void QueueTable::append(QueueState& queue, std::int64_t offset, LogOffset segment, const StoredEntry& entry) {
  if (queue.runs.empty() || queue.runs.back().segment != segment) {
    queue.runs.push_back(
        {.segment = segment, .base = offset, .index = {}, .number = {}, .entries = {}, .indexed = {}});
  }
  auto& run = queue.runs.back();
  BASE_ASSERT(!run.index, "an indexed segment takes no more entries");
  BASE_ASSERT(run.end() == offset, "queue offsets have no gaps");
  run.entries.push_back(entry);
  queue.next = std::max(queue.next, offset + 1);
  if (!queue.touched) {
    queue.touched = true;
    touched_.push_back(&queue);
  }
}

void QueueTable::publish_all() {
  for_each([](QueueState& queue) {
    queue.visible = queue.next;
    queue.announced = queue.next;
    queue.touched = false;
  });
  touched_.clear();
}

void QueueTable::publish(QueueState& queue, LogOffset durable) {
  // Only the newest entries can be invisible: look for the first such run from the back.
  auto run = queue.runs.end();
  while (run != queue.runs.begin() && std::prev(run)->end() > queue.visible) --run;
  for (; run != queue.runs.end(); ++run) {
    if (run->index) {
      queue.visible = run->end();
      continue;
    }
    for (; queue.visible < run->end(); ++queue.visible) {
      const auto& entry = run->entries[static_cast<std::size_t>(queue.visible - run->base)];
      if (LogOffset{entry.at} >= durable) return;
    }
  }
}

void QueueTable::remove(std::string_view topic) {
  const auto at = topics_.find(topic);
  if (at == topics_.end()) return;
  const auto gone = [&](const QueueState* queue) { return queue->topic == &at->second; };
  std::erase_if(touched_, gone);
  std::erase_if(all_, gone);
  next_to_trim_ = 0;
  if (recent_ == &at->second) recent_ = nullptr;
  topics_.erase(at);
}

void QueueTable::forget() {
  for_each([](QueueState& queue) {
    queue.runs.clear();
    queue.shared.clear();
    queue.start = queue.visible = queue.announced = queue.next;
    queue.touched = false;
  });
  touched_.clear();
}

void QueueTable::drop_before(LogOffset begin, LogOffset begin_on_disk) {
  begin_ = begin;
  begin_on_disk_ = begin_on_disk;
  next_to_trim_ = 0;
}

void QueueTable::trim_some(std::size_t queues) {
  for (; queues > 0 && next_to_trim_ < all_.size(); --queues) trim(*all_[next_to_trim_++]);
}

void QueueTable::trim(QueueState& queue) const {
  if (queue.trimmed >= begin_) return;
  queue.trimmed = begin_;
  queue.sound = -1;
  const auto kept =
      std::ranges::find_if(queue.runs, [this](const Run& run) { return run.segment >= begin_; });
  // What is dropped was durable, whether or not anyone had looked.
  if (kept != queue.runs.begin()) queue.visible = std::max(queue.visible, std::prev(kept)->end());
  queue.runs.erase(queue.runs.begin(), kept);
  for (const auto& bodies : queue.shared) {
    if (bodies.holder < begin_) queue.whole_until = std::max(queue.whole_until, bodies.last + 1);
  }
  std::erase_if(queue.shared, [this](const SharedBodies& bodies) { return bodies.last_at < begin_on_disk_; });
}

}  // namespace mq::storage
