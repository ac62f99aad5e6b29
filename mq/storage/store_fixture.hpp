#pragma once
// The words that the tests of the store are written in.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"
#include "mq/storage/message_store.hpp"
#include "mq/testing/faulty_disk.hpp"

namespace mq::storage {

inline constexpr std::int64_t kForever = std::int64_t{1} << 60;

// What a test may say of a message beside its body.
struct Words {
  std::string tag = {};
  std::string keys = {};
  std::string unique_key = {};
  std::int64_t store_ms = 1000;
  MessageStore::AppendExtra extra = {};
};

// A process on a disk that forgets, tears and fails.
class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    options_.segment_size = 4096;
    options_.reserve_segments = 0;
    options_.checkpoint_every = std::size_t{1} << 30;
    options_.new_store_id = 0x5107CE;
  }

  // Starts a process; false when the store refuses, with the reason in problem_.
  bool open() {
    store_.reset();
    problem_.clear();
    auto opened = MessageStore::open(disk_.directory(), options_, problem_);
    if (opened) store_ = std::move(*opened);
    return opened.has_value();
  }
  void kill() {
    disk_.kill();
    store_.reset();
  }
  void cut_power(testing::FaultyDisk::Unsynced unsynced = testing::FaultyDisk::Unsynced::lost) {
    disk_.power_cut(unsynced);
    store_.reset();
  }

  Appended append(const std::string& topic, std::int32_t queue, std::string_view body,
                  const Words& words = {}) {
    std::string properties;
    if (!words.tag.empty()) set_property(properties, property::kTags, words.tag);
    if (!words.keys.empty()) set_property(properties, property::kKeys, words.keys);
    if (!words.unique_key.empty()) set_property(properties, property::kUniqueKey, words.unique_key);
    Record record;
    record.topic = topic;
    record.queue = queue;
    record.body = base::bytes_of(body);
    record.properties = properties;
    return store_->append(record, words.store_ms, words.extra);
  }
  // A batch of messages without properties.
  Refused append_all(const std::string& topic, const std::vector<std::string>& bodies,
                     std::vector<Appended>& appended) {
    std::vector<Record> records(bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      records[i].topic = topic;
      records[i].body = base::bytes_of(bodies[i]);
    }
    return store_->append_all(records, 1000, appended);
  }
  Appended timer(std::string_view body, std::int64_t due_ms) {
    return append("timers", 0, body, {.extra = {.timer_due_ms = due_ms, .timer_origin = {}}});
  }
  Appended deliver(const std::string& topic, std::string_view body, LogOffset origin) {
    return append(topic, 0, body, {.extra = {.timer_due_ms = {}, .timer_origin = origin}});
  }

  // One pass of the broker: what was appended is durable afterwards.
  bool flush() {
    if (!store_->write_pass()) return false;
    const auto job = store_->take_sync_job();
    if (!job) return true;
    if (!job->run()) return false;
    store_->synced(*job);
    return true;
  }
  // Appends one message and makes it durable.
  Appended send(const std::string& topic, std::int32_t queue, std::string_view body,
                const Words& words = {}) {
    auto done = append(topic, queue, body, words);
    EXPECT_EQ(done.refused, Refused::none);
    EXPECT_TRUE(flush());
    return done;
  }
  // Runs the janitor until it has nothing to do; the number of jobs that went well.
  int tidy() {
    int done = 0;
    while (const auto job = store_->take_janitor_job()) {
      const auto outcome = job->run();
      store_->done(*job, outcome);
      if (!outcome) break;
      ++done;
    }
    return done;
  }

  static std::string body_of(base::BytesView record) {
    const auto decoded = decode_record(record);
    return decoded ? std::string(base::text_of(decoded->record.body)) : "ERROR";
  }
  std::string read(LogOffset at) const {
    base::Bytes bytes;
    if (const auto done = store_->read_record(at, bytes); !done) return "ERROR";
    return body_of(bytes);
  }
  // The bodies of a queue as a consumer reads them from its first message on.
  std::vector<std::string> consume(const std::string& topic, std::int32_t queue = 0) const {
    const auto entries = store_->entries({topic, queue}, QueueOffset{0}, 1'000'000);
    if (!entries) return {"ERROR"};
    std::vector<std::string> bodies;
    for (const auto& entry : *entries) bodies.push_back(read(entry.at));
    return bodies;
  }
  std::int64_t min(const std::string& topic, std::int32_t queue = 0) const {
    return store_->min_offset({topic, queue}).value();
  }
  std::int64_t max(const std::string& topic, std::int32_t queue = 0) const {
    return store_->max_offset({topic, queue}).value();
  }
  std::vector<LogOffset> find(std::string_view topic, std::string_view key) const {
    const auto found = store_->find_key(topic, key, 0, kForever, 100);
    EXPECT_TRUE(found);
    return found ? *found : std::vector<LogOffset>{};
  }
  // The log file that holds `at`, and the position of the entry whose payload is there.
  std::string file_of(LogOffset at) const {
    std::string found;
    for (const auto& name : disk_.names()) {
      if (name.ends_with(".log") && std::stoll(name) <= at.value()) found = name;
    }
    return found;
  }
  std::size_t position_of(LogOffset at) const {
    return static_cast<std::size_t>(at.value() - std::stoll(file_of(at)));
  }
  bool exists(std::string_view suffix) const {
    for (const auto& name : disk_.names()) {
      if (name.ends_with(suffix)) return true;
    }
    return false;
  }

  testing::FaultyDisk disk_;
  StoreOptions options_;
  std::unique_ptr<MessageStore> store_;
  std::string problem_;
};

}  // namespace mq::storage
