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
      auto state = std::make_unique<TopicState>();
      state->name = std::make_shared<const std::string>(topic);
      state->key_state = topic_key_state(topic);
      at = topics_.emplace(std::string(topic), std::move(state)).first;
    }
    recent_ = at->second.get();
  }
  auto& queues = recent_->queues;
  const auto index = static_cast<std::size_t>(queue);
  if (index >= queues.size()) queues.resize(index + 1);
  if (!queues[index]) {
    queues[index] = std::make_unique<QueueState>();
    queues[index]->topic = recent_;
    queues[index]->queue = queue;
  }
  return *queues[index];
}

QueueState* QueueTable::find(std::string_view topic, std::int32_t queue) const {
  const auto at = topics_.find(topic);
  if (at == topics_.end() || queue < 0) return nullptr;
  const auto index = static_cast<std::size_t>(queue);
  return index < at->second->queues.size() ? at->second->queues[index].get() : nullptr;
}

void QueueTable::append(QueueState& queue, std::int64_t offset, LogOffset segment, const StoredEntry& entry) {
  if (queue.runs.empty() || queue.runs.back().segment != segment) {
    queue.runs.push_back(
        {.segment = segment, .number = {}, .base = offset, .entries = {}, .index = {}, .indexed = {}});
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
  const auto gone = [&](const QueueState* queue) { return queue->topic == at->second.get(); };
  std::erase_if(touched_, gone);
  if (recent_ == at->second.get()) recent_ = nullptr;
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
  for_each([begin, begin_on_disk](QueueState& queue) {
    const auto kept =
        std::ranges::find_if(queue.runs, [begin](const Run& run) { return run.segment >= begin; });
    // What is dropped was durable, whether or not anyone had looked.
    if (kept != queue.runs.begin()) queue.visible = std::max(queue.visible, std::prev(kept)->end());
    queue.runs.erase(queue.runs.begin(), kept);
    for (const auto& bodies : queue.shared) {
      if (bodies.holder < begin) queue.whole_from = std::max(queue.whole_from, bodies.last + 1);
    }
    std::erase_if(queue.shared, [&](const SharedBodies& bodies) { return bodies.last_at < begin_on_disk; });
  });
}

}  // namespace mq::storage
