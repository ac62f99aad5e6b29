// A store's files with any changes (store_damage.hpp): opening it refuses with a sentence or answers, and
// nothing that is served differs from what was stored, unless its checksum was made good.
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mq/base/assert.hpp"
#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"
#include "mq/storage/message_store.hpp"
#include "mq/storage/store_damage.hpp"
#include "mq/testing/faulty_disk.hpp"

namespace {

using namespace mq;           // NOLINT(google-build-using-namespace)
using namespace mq::storage;  // NOLINT(google-build-using-namespace)
using mq::testing::FaultyDisk;

constexpr std::int64_t kForever = std::int64_t{1} << 60;
constexpr int kMessages = 120;
constexpr std::uint64_t kStoreId = 0x5107CE;

StoreOptions options() {
  StoreOptions made;
  made.segment_size = 4096;
  made.reserve_segments = 1;
  made.shared_body_min = 16;
  made.new_store_id = kStoreId;
  return made;
}

void run_janitor(MessageStore& store) {
  while (const auto job = store.take_janitor_job()) {
    const auto outcome = job->run();
    store.done(*job, outcome);
    if (!outcome) return;
  }
}

void make_durable(MessageStore& store) {
  BASE_ASSERT(store.write_pass().has_value(), "the disk is well");
  if (const auto job = store.take_sync_job()) {
    BASE_ASSERT(job->run().has_value(), "the disk is well");
    store.synced(*job);
  }
}

// Makes a store that has something of everything.
class Author {
 public:
  explicit Author(MessageStore& store) : store_(store) {}

  // Records of two queues, timers, half messages, and what became of those; metadata; a removed topic.
  void write(int i) {
    body_ = "message " + std::to_string(i) + std::string(40, '.');
    MessageStore::AppendExtra extra;
    if (i % 6 == 4) extra.timer_due_ms = 10'000 + i;
    extra.half = i % 6 == 5;
    const auto appended = append(i, extra);
    if (extra.timer_due_ms) timers_.push_back({appended.at, body_});
    if (extra.half) halves_.push_back({appended.at, body_});
    make_durable(store_);
    if (i % 8 == 7) static_cast<void>(store_.put_meta({{"topic/T" + std::to_string(i), "value"}}));
    if (i == kMessages / 2) static_cast<void>(store_.remove_topic("gone"));
    if (i % 24 == 6) deliver(i);
    if (i % 24 == 8) decide(i);
    make_durable(store_);
    run_janitor(store_);
  }

  // Retention takes the older half, and what waits there moves.
  void retain() {
    for (int pass = 0; pass < 10; ++pass) {
      store_.retain(0, kMessages / 2 * std::size_t{200});
      while (const auto held = store_.next_held()) {
        const auto moved = store_.carry(*held, kLater);
        if (!moved) break;
        const auto timer = std::ranges::find(timers_, held->at, &Waiting::at);
        if (timer != timers_.end()) timer->at = moved->at;
      }
      make_durable(store_);
      run_janitor(store_);
    }
  }

 private:
  static constexpr std::int64_t kLater = 5000;
  struct Waiting {
    LogOffset at;
    std::string body;
  };

  Appended append(int i, const MessageStore::AppendExtra& extra) {
    std::string properties;
    set_property(properties, property::kKeys, "key" + std::to_string(i % 7));
    Record record;
    record.topic = i % 10 == 9 ? "gone" : "T";
    record.queue = i % 2;
    record.body = base::bytes_of(body_);
    record.properties = properties;
    return store_.append(record, 1000 + i, extra);
  }
  // One timer comes due and shares its body, another one is taken back.
  void deliver(int i) {
    if (timers_.size() < 2) return;
    body_ = timers_[0].body;
    static_cast<void>(append(i, {.timer_origin = timers_[0].at, .body_at = timers_[0].at}));
    static_cast<void>(store_.drop_timer(timers_[1].at, {{"recalled", std::nullopt}}));
    timers_.erase(timers_.begin(), timers_.begin() + 2);
  }
  void decide(int i) {
    if (halves_.size() < 2) return;
    body_ = halves_[0].body;
    static_cast<void>(append(i, {.half_origin = halves_[0].at, .body_at = store_.place_of(halves_[0].at)}));
    static_cast<void>(store_.roll_back(halves_[1].at));
    halves_.erase(halves_.begin(), halves_.begin() + 2);
  }

  MessageStore& store_;
  std::string body_;
  std::vector<Waiting> timers_;
  std::vector<Waiting> halves_;
};

using Files = StoreDamage::Files;

// As it is left by its close, or by a crash: then a start has to read the newest part of the log again.
Files make_files(bool closed) {
  FaultyDisk disk;
  std::string problem;
  auto opened = MessageStore::open(disk.directory(), options(), problem);
  BASE_ASSERT(opened.has_value(), "a new store opens");
  auto store = std::move(*opened);
  Author author(*store);
  for (int i = 0; i < kMessages; ++i) {
    author.write(i);
    if (i == kMessages * 3 / 4) author.retain();
  }
  BASE_ASSERT(store->stats().carried > 0 && store->stats().shared_bodies > 0, "something of everything");
  if (closed) BASE_ASSERT(store->close().has_value(), "the disk is well");
  Files files;
  for (const auto& name : disk.names()) files[name] = disk.content(name);
  if (!closed) BASE_ASSERT(store->close().has_value(), "the disk is well");
  return files;
}

using Picture = std::map<std::pair<std::int32_t, std::int64_t>, std::string>;

Picture look(const MessageStore& store) {
  Picture picture;
  for (std::int32_t queue = 0; queue < 2; ++queue) {
    const QueueId id{"T", queue};
    const auto from = store.min_offset(id);
    const auto entries = store.entries(id, from, 10 * kMessages);
    if (!entries) continue;
    for (const auto& entry : *entries) {
      base::Bytes bytes;
      if (!store.read_record(entry.at, bytes)) continue;
      picture[{queue, entry.offset.value()}] = std::string(base::text_of(bytes));
    }
    base::Bytes bytes;
    static_cast<void>(store.read_records(*entries, 1 << 16, bytes));
    static_cast<void>(store.offset_by_time(id, 1050, MessageStore::Boundary::lower));
    static_cast<void>(store.offset_by_time(id, 1050, MessageStore::Boundary::upper));
  }
  for (const auto* const key : {"key0", "key3", "no such key"}) {
    static_cast<void>(store.find_key("T", key, 0, kForever, 100));
  }
  static_cast<void>(store.metadata());
  static_cast<void>(store.pending_timers());
  static_cast<void>(store.undecided_halves());
  return picture;
}

struct Known {
  explicit Known(bool closed) : files(make_files(closed)) {
    FaultyDisk whole;
    for (const auto& [name, content] : files) whole.set_content(name, content);
    std::string problem;
    expected = look(**MessageStore::open(whole.directory(), options(), problem));
  }
  Files files;
  Picture expected;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Known kClosed(true);
  static const Known kCrashed(false);
  const auto& [files, expected] = size % 2 == 0 ? kClosed : kCrashed;
  auto changed = files;
  const bool can_be_told = StoreDamage(data, size).apply(changed, StoreId{kStoreId});
  FaultyDisk disk;
  for (auto& [name, content] : changed) disk.set_content(name, std::move(content));

  std::string problem;
  const auto store = MessageStore::open(disk.directory(), options(), problem);
  if (!store) {
    BASE_ASSERT(!problem.empty(), "a refusal says why");
    return 0;
  }
  const auto seen = look(**store);
  if (!can_be_told) return 0;
  for (const auto& [place, bytes] : seen) {
    const auto known = expected.find(place);
    BASE_ASSERT(known != expected.end() && known->second == bytes, "what is served was stored there");
  }
  return 0;
}
