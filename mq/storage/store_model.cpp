#include "mq/storage/store_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace mq::storage {

namespace {

bool is_gone(const StoreModel::Message& message, LogOffset begin) {
  return message.at < begin || (message.holder && *message.holder < begin);
}

}  // namespace

const StoreModel::Message* StoreModel::find(LogOffset at) const {
  for (const auto& operation : operations_) {
    if (operation.message && operation.message->at == at) return &*operation.message;
  }
  return nullptr;
}

std::vector<LogOffset> StoreModel::messages() const {
  std::vector<LogOffset> all;
  for (const auto& operation : operations_) {
    if (operation.message) all.push_back(operation.message->at);
  }
  return all;
}

void StoreModel::expect_readable(const MessageStore& store, const std::vector<PendingTimer>& timers) const {
  for (const auto& timer : timers) expect_readable(store, timer.origin);
  for (const auto half : store.undecided_halves()) expect_readable(store, store.place_of(half));
}

void StoreModel::expect_readable(const MessageStore& store, LogOffset at) const {
  base::Bytes bytes;
  ASSERT_TRUE(store.read_record(at, bytes)) << "what waits is gone, or its body";
  const auto decoded = decode_record(bytes);
  ASSERT_TRUE(decoded);
  const auto* const message = find(at);
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(base::text_of(decoded->record.body), message->body);
}

std::vector<PendingTimer> StoreModel::pending(LogOffset upto) const {
  std::vector<PendingTimer> timers;
  std::set<LogOffset> delivered;
  for (const auto& operation : operations_) {
    if (operation.end > upto) continue;
    if (operation.dropped_timer) delivered.insert(*operation.dropped_timer);
    if (!operation.message) continue;
    const auto& message = *operation.message;
    if (message.due_ms) timers.push_back({*message.due_ms, message.at});
    if (message.delivers) delivered.insert(message.delivers->origin);
    if (message.carries) delivered.insert(*message.carries);
  }
  std::erase_if(timers, [&](const PendingTimer& timer) { return delivered.contains(timer.origin); });
  std::ranges::sort(timers, {}, [](const PendingTimer& t) { return std::pair(t.due_ms, t.origin); });
  return timers;
}

std::vector<LogOffset> StoreModel::undecided(LogOffset upto) const {
  std::set<LogOffset> halves;
  for (const auto& operation : operations_) {
    if (operation.end > upto) continue;
    if (operation.rolled_back) halves.erase(*operation.rolled_back);
    if (!operation.message) continue;
    if (operation.message->half && !operation.message->carries) halves.insert(operation.message->at);
    if (operation.message->decides) halves.erase(*operation.message->decides);
  }
  return {halves.begin(), halves.end()};
}

StoreModel::Queues StoreModel::queues(LogOffset upto) const {
  Queues all;
  for (const auto& operation : operations_) {
    if (operation.message && operation.end <= upto) {
      all[operation.message->queue].push_back(*operation.message);
    }
    // A removal is seen at once, not only when it is durable.
    if (!operation.removed_topic.empty()) {
      std::erase_if(all, [&](const auto& item) { return item.first.topic == operation.removed_topic; });
    }
  }
  return all;
}

std::map<std::string, std::string> StoreModel::metadata() const {
  std::map<std::string, std::string> all;
  for (const auto& operation : operations_) {
    for (const auto& change : operation.changes) {
      if (change.value) {
        all[change.key] = *change.value;
      } else {
        all.erase(change.key);
      }
    }
  }
  return all;
}

void StoreModel::expect_queue(const MessageStore& store, const QueueId& id,
                              const std::vector<Message>& messages) const {
  SCOPED_TRACE(id.topic + "/" + std::to_string(id.queue));
  std::vector<Message> kept;
  std::ranges::copy_if(messages, std::back_inserter(kept),
                       [&](const Message& message) { return !is_gone(message, store.begin()); });
  const auto size = static_cast<std::int64_t>(messages.size());
  EXPECT_EQ(store.max_offset(id).value(), size);
  // It passes what lost its body a few at a time.
  for (auto min = QueueOffset{-1}; min != store.min_offset(id);) min = store.min_offset(id);
  EXPECT_EQ(store.min_offset(id).value(), kept.empty() ? size : kept.front().offset.value());
  const auto entries = store.entries(id, QueueOffset{0}, messages.size() + 10);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), kept.size());
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const auto& message = kept[i];
    EXPECT_EQ((*entries)[i].at, message.at);
    EXPECT_EQ((*entries)[i].offset, message.offset);
    base::Bytes bytes;
    ASSERT_TRUE(store.read_record(message.at, bytes));
    const auto decoded = decode_record(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(base::text_of(decoded->record.body), message.body);
    EXPECT_EQ(decoded->record.queue_offset, message.offset);
    EXPECT_EQ(decoded->record.store_ms, message.store_ms);
  }
  for (const auto& message : messages) {
    if (kept.empty() || message.at < kept.front().at) continue;
    const auto first = std::ranges::find_if(messages.begin() + kept.front().offset.value(), messages.end(),
                                            [&](const Message& m) { return m.store_ms >= message.store_ms; });
    const auto found = store.offset_by_time(id, message.store_ms, MessageStore::Boundary::lower);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->value(), first - messages.begin());
  }
}

void StoreModel::expect_keys(const MessageStore& store, const Queues& queues,
                             const std::vector<std::string>& keys) const {
  std::set<std::string> topics;
  for (const auto& [id, messages] : queues) topics.insert(id.topic);
  for (const auto& topic : topics) {
    for (const auto& key : keys) {
      std::vector<LogOffset> expected;
      for (const auto& [id, messages] : queues) {
        for (const auto& message : messages) {
          if (id.topic == topic && message.key == key && !is_gone(message, store.begin()))
            expected.push_back(message.at);
        }
      }
      std::ranges::sort(expected, std::greater<>());
      const auto found = store.find_key(topic, key, 0, std::int64_t{1} << 60, 1'000'000);
      ASSERT_TRUE(found);
      EXPECT_EQ(*found, expected) << topic << "#" << key;
    }
  }
}

void StoreModel::expect_equal(const MessageStore& store, const std::vector<std::string>& keys) const {
  const auto all = queues(store.durable());
  for (const auto& [id, messages] : all) expect_queue(store, id, messages);
  expect_keys(store, all, keys);
  const auto metadata_found = store.metadata();
  const auto metadata_expected = metadata();
  EXPECT_TRUE(std::ranges::equal(metadata_found, metadata_expected, [](const auto& a, const auto& b) {
    return a.first == b.first && a.second == b.second;
  }));
}

}  // namespace mq::storage
