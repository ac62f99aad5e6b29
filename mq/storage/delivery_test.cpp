// Messages that share the body of an earlier one: readers see no difference, and no body goes before them.
#include "mq/storage/delivery.hpp"

#include <gmock/gmock.h>

#include "mq/storage/entry.hpp"
#include "mq/storage/store_fixture.hpp"

namespace mq::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Record full_record() {
  Record record;
  record.topic = "%RETRY%group";
  record.queue = 3;
  record.flag = 5;
  record.queue_offset = QueueOffset{77};
  record.log_offset = LogOffset{4711};
  record.sys_flag = sys_flag::kCompressed | sys_flag::kZstd | sys_flag::kCommitted;
  record.born_ms = 1'700'000'000'000;
  record.born_host = {{127, 0, 0, 1}, 41234};
  record.store_ms = 1'700'000'000'500;
  record.store_host = {{10, 1, 2, 3}, 10911};
  record.reconsume_times = 2;
  record.prepared_offset = 99;
  record.properties = "KEYS\x01k1\x02TAGS\x01paid\x02";
  return record;
}

base::Bytes encoded(const Record& record) {
  base::Bytes bytes(encoded_size(record));
  encode_record(record, bytes.data());
  return bytes;
}

TEST(DeliveryCodec, GivesByteForByteTheRecordThatACopyWouldBe) {
  for (const auto& body : {std::string(), std::string("x"), std::string(70'000, 'b')}) {
    for (const auto topic_size : {4U, 127U, 128U, 255U}) {
      const std::string topic(topic_size, 't');
      auto record = full_record();
      record.topic = topic;
      record.body = base::bytes_of(body);
      base::Bytes payload(delivery_size(record));
      encode_delivery(record, LogOffset{48}, payload.data());
      EXPECT_EQ(payload.size() + body.size(), 8 + encoded_size(record));
      EXPECT_EQ(holder_of(payload), LogOffset{48});
      EXPECT_EQ(whole_size(payload), encoded_size(record));

      auto holder = record;
      holder.topic = "another";
      holder.properties = "";
      const auto holder_bytes = encoded(holder);
      ASSERT_TRUE(is_body_of(holder_bytes, payload));
      base::Bytes whole;
      append_whole(payload, holder_bytes, whole);
      EXPECT_EQ(whole, encoded(record));
    }
  }
}

TEST(DeliveryCodec, DecodesAllButTheBodyAndRefusesEveryOtherLength) {
  const std::string body(300, 'b');
  auto record = full_record();
  record.body = base::bytes_of(body);
  base::Bytes payload(delivery_size(record));
  encode_delivery(record, LogOffset{48}, payload.data());
  base::Bytes scratch;
  const auto decoded = decode_delivery(payload, scratch);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->body_size, 300U);
  EXPECT_EQ(decoded->size, encoded_size(record));
  EXPECT_EQ(decoded->record.topic, record.topic);
  EXPECT_EQ(decoded->record.properties, record.properties);
  EXPECT_EQ(decoded->record.queue_offset, record.queue_offset);
  EXPECT_EQ(decoded->record.store_ms, record.store_ms);
  for (std::size_t size = 0; size < payload.size(); ++size) {
    EXPECT_FALSE(decode_delivery(base::BytesView(payload).first(size), scratch)) << size;
  }
  payload.push_back(std::byte{0});
  EXPECT_FALSE(decode_delivery(payload, scratch));
}

TEST(DeliveryCodec, AnotherBodyIsNotTakenForItsOwn) {
  const std::string body(300, 'b');
  auto record = full_record();
  record.body = base::bytes_of(body);
  base::Bytes payload(delivery_size(record));
  encode_delivery(record, LogOffset{48}, payload.data());
  for (const auto& other : {std::string(300, 'c'), std::string(299, 'b'), std::string()}) {
    auto holder = record;
    holder.body = base::bytes_of(other);
    EXPECT_FALSE(is_body_of(encoded(holder), payload));
  }
}

class DeliveryTest : public StoreTest {
 protected:
  DeliveryTest() {
    options_.shared_body_min = 100;
    body_.assign(300, 'b');
  }

  // One message more with the body of the one at `at`.
  Appended again(const std::string& topic, LogOffset at, MessageStore::AppendExtra extra = {},
                 std::int64_t store_ms = 1000) {
    extra.body_at = at;
    const auto done =
        append(topic, 0, body_, {.tag = "a", .keys = "k", .store_ms = store_ms, .extra = extra});
    EXPECT_EQ(done.refused, Refused::none);
    EXPECT_TRUE(flush());
    return done;
  }
  void fill(int count, std::int64_t store_ms = 1000) {
    for (int i = 0; i < count; ++i) send("fill", 0, std::string(200, 'x'), {.store_ms = store_ms});
    tidy();
  }
  std::uint64_t shared() const { return store_->stats().shared_bodies; }

  std::string body_;
};

// The three that exist: a due timer, a retry, which is a timer itself, and a commit.
TEST_F(DeliveryTest, WhatIsReadIsByteForByteACopyWhereverItIsReadFrom) {
  ASSERT_TRUE(open());
  const auto original = send("t", 0, body_);
  const auto half = send("halves", 0, body_, {.extra = {.half = true}});
  const auto retry = again("timers", original.at, {.timer_due_ms = 5000});
  const auto delivered = again("t", retry.at, {.timer_origin = retry.at});
  const auto committed = again("t", half.at, {.half_origin = half.at});
  ASSERT_EQ(shared(), 3U);
  const auto expect_copies = [&] {
    for (const auto& done : {retry, delivered, committed}) {
      Record record;
      record.topic = done.at == retry.at ? "timers" : "t";
      record.body = base::bytes_of(body_);
      std::string properties;
      set_property(properties, property::kTags, "a");
      set_property(properties, property::kKeys, "k");
      record.properties = properties;
      record.queue_offset = done.queue_offset;
      record.log_offset = done.at;
      record.store_ms = done.store_ms;
      base::Bytes bytes;
      ASSERT_TRUE(store_->read_record(done.at, bytes));
      EXPECT_EQ(bytes, encoded(record));
    }
    // All of a queue at once: the same bytes, the sizes that the queue says.
    const auto entries = store_->entries({"t", 0}, QueueOffset{0}, 10).value();
    ASSERT_EQ(entries.size(), 3U);
    base::Bytes one_by_one;
    for (const auto& entry : entries) {
      const auto before = one_by_one.size();
      ASSERT_TRUE(store_->read_record(entry.at, one_by_one));
      EXPECT_EQ(one_by_one.size() - before, static_cast<std::size_t>(entry.size));
    }
    base::Bytes at_once;
    EXPECT_EQ(store_->read_records(entries, 1'000'000, at_once).value(), 3U);
    EXPECT_EQ(at_once, one_by_one);
    EXPECT_THAT(find("t", "k"), ElementsAre(committed.at, delivered.at));
    EXPECT_EQ(entries[1].tag_hash, tag_hash("a"));
  };
  expect_copies();
  kill();
  ASSERT_TRUE(open()) << problem_;
  expect_copies();
  fill(30);  // seals their segment
  kill();
  ASSERT_TRUE(open()) << problem_;
  expect_copies();
  ASSERT_TRUE(store_->close());
  kill();
  for (const auto& name : disk_.names()) {
    if (name.ends_with(".idx") || name.ends_with(".ckp")) disk_.erase(name);
  }
  ASSERT_TRUE(open()) << problem_;
  expect_copies();
}

TEST_F(DeliveryTest, CostsWhatItAddsAndNotTheBodyAgain) {
  body_.assign(1024, 'b');
  options_.segment_size = 1 << 20;
  ASSERT_TRUE(open());
  const auto timer = send("timers", 0, body_, {.extra = {.timer_due_ms = 5}});
  const auto before = store_->end();
  const auto done = again("t", timer.at, {.timer_origin = timer.at});
  const auto copied = entry_size(8 + 1024 + 100);
  EXPECT_LT(done.end.value() - before.value(), 200);
  EXPECT_GT(copied, 1100U);
}

TEST_F(DeliveryTest, ASmallBodyAnotherOneAndOneThatIsGoneAreStoredWhole) {
  ASSERT_TRUE(open());
  const auto original = send("t", 0, body_);
  body_.back() = 'c';
  again("t", original.at);
  body_.assign(99, 's');
  const auto small = send("t", 0, body_);
  again("t", small.at);
  again("t", LogOffset{1 << 20});
  again("t", advance(small.at, 8));
  EXPECT_EQ(shared(), 0U);
  EXPECT_EQ(consume("t").size(), 6U);
}

// A retry of a retry: nobody has to follow two pointers, and none dies of the damage of one between.
TEST_F(DeliveryTest, AlwaysPointsToTheRecordWithTheBody) {
  ASSERT_TRUE(open());
  const auto original = send("t", 0, body_);
  const auto first = again("retry", original.at);
  const auto second = again("retry", first.at);
  ASSERT_EQ(shared(), 2U);
  ASSERT_TRUE(store_->close());
  kill();
  disk_.flip(file_of(first.at), position_of(first.at) + 20);
  ASSERT_TRUE(open()) << problem_;
  EXPECT_EQ(read(first.at), "ERROR");
  EXPECT_EQ(read(second.at), body_);
}

TEST_F(DeliveryTest, ADamagedBodyIsAnErrorForAllThatShareItAndForNobodyElse) {
  ASSERT_TRUE(open());
  const auto original = send("t", 0, body_);
  send("retry", 0, "before");
  const auto shares = again("retry", original.at);
  send("retry", 0, "after");
  ASSERT_TRUE(store_->close());
  kill();
  disk_.flip(file_of(original.at), position_of(original.at) + 150);
  ASSERT_TRUE(open()) << problem_;
  EXPECT_EQ(read(original.at), "ERROR");
  EXPECT_THAT(consume("retry"), ElementsAre("before", "ERROR", "after"));
  const auto entries = store_->entries({"retry", 0}, QueueOffset{0}, 10).value();
  base::Bytes out;
  EXPECT_EQ(store_->read_records(entries, 100'000, out).value(), 1U) << "as far as it goes";
  EXPECT_EQ(store_->read_records(std::span(entries).subspan(1), 100'000, out).error(),
            boost::system::errc::bad_message);
  // Key and time need no body.
  EXPECT_THAT(find("retry", "k"), ElementsAre(shares.at));
  EXPECT_EQ(store_->offset_by_time({"retry", 0}, 1000, MessageStore::Boundary::upper).value(),
            QueueOffset{2});
}

TEST_F(DeliveryTest, ABodyStaysAsLongAsTheNewestThatSharesItCounts) {
  ASSERT_TRUE(open());
  const auto original = send("t", 0, body_, {.store_ms = 1000});
  fill(30, 1000);
  const auto shares = again("retry", original.at, {}, 5000);
  fill(30, 5000);
  fill(30, 9000);
  store_->retain(2000, ~std::uint64_t{0});
  EXPECT_EQ(store_->begin(), LogOffset{0}) << "its own messages are old, but not what shares a body";
  EXPECT_EQ(read(shares.at), body_);
  store_->retain(6000, ~std::uint64_t{0});
  EXPECT_GT(store_->begin(), original.at);
}

// Of three in one segment the one is gone and the others are not: the queue has a gap there, and begins
// where its first whole message is.
TEST_F(DeliveryTest, NoQueueShowsAMessageWhoseBodyIsGoneAndTheNextProcessShowsTheSame) {
  ASSERT_TRUE(open());
  const auto original = send("t", 0, body_);
  fill(30);
  again("second", original.at);
  send("second", 0, "whole");
  send("retry", 0, "plain");
  const auto shares = again("retry", original.at);
  const auto own = send("retry", 0, "own body");
  ASSERT_EQ(shared(), 2U);
  fill(12);
  const auto expect_whole_ones = [&] {
    EXPECT_EQ(min("retry"), 0);
    EXPECT_EQ(max("retry"), 3);
    EXPECT_THAT(consume("retry"), ElementsAre("plain", "own body"));
    EXPECT_EQ(store_->entries({"retry", 0}, QueueOffset{1}, 1)->front().offset, QueueOffset{2});
    EXPECT_EQ(min("second"), 1);
    EXPECT_THAT(consume("second"), ElementsAre("whole"));
    EXPECT_THAT(find("retry", "k"), IsEmpty());
    EXPECT_EQ(read(shares.at), "ERROR");
    EXPECT_EQ(read(own.at), "own body");
  };
  store_->retain(0, static_cast<std::uint64_t>(store_->end().value()) - 1);
  ASSERT_GT(store_->begin(), original.at);
  ASSERT_LT(store_->begin(), shares.at);
  expect_whole_ones();
  tidy();
  kill();
  ASSERT_TRUE(open()) << problem_;
  expect_whole_ones();
  fill(1);
  ASSERT_TRUE(store_->close());
  kill();
  ASSERT_TRUE(open()) << problem_;
  expect_whole_ones();
}

// A queue of nothing but such messages: nobody looks through all of them at once.
TEST_F(DeliveryTest, ALongRowOfMessagesWithoutBodiesIsPassedBiteByBite) {
  constexpr int kLost = 200;
  options_.segment_size = 1 << 16;
  ASSERT_TRUE(open());
  const auto original = send("t", 0, body_);
  fill(400);
  for (int i = 0; i < kLost; ++i) again("retry", original.at);
  send("retry", 0, "whole");
  ASSERT_EQ(shared(), static_cast<std::uint64_t>(kLost));
  fill(400);
  tidy();
  store_->retain(0, static_cast<std::uint64_t>(store_->end().value() - 1));
  ASSERT_GT(store_->begin(), original.at);
  std::int64_t before = -1;
  int steps = 0;
  for (auto first = min("retry"); first != before; first = min("retry"), ++steps) before = first;
  EXPECT_GT(steps, 2);
  EXPECT_EQ(before, kLost);
  EXPECT_THAT(consume("retry"), ElementsAre("whole"));
}

TEST_F(DeliveryTest, TheBodyOfAWaitingMessageStaysWhateverTheSize) {
  ASSERT_TRUE(open());
  const auto original = send("t", 0, body_);
  const auto waits = again("timers", original.at, {.timer_due_ms = 5000});
  ASSERT_EQ(shared(), 1U);
  fill(100);
  for (int round = 0; round < 2; ++round) {
    store_->retain(kForever, 0);
    EXPECT_EQ(store_->begin(), LogOffset{0});
    kill();
    ASSERT_TRUE(open()) << problem_;
    ASSERT_EQ(store_->pending_timers().size(), 1U);
    EXPECT_EQ(read(waits.at), body_);
  }
  again("t", waits.at, {.timer_origin = waits.at});
  ASSERT_TRUE(store_->close());
  kill();
  ASSERT_TRUE(open()) << problem_;
  fill(60);
  store_->retain(kForever, 0);
  EXPECT_GT(store_->begin(), original.at);
}

// Else a message of now would hold, or lose, a body at the far end of the log.
TEST_F(DeliveryTest, InALogOfLimitedSizeAFarBodyIsStoredAgain) {
  ASSERT_TRUE(open());
  const auto original = send("t", 0, body_);
  fill(60);
  const auto size = static_cast<std::uint64_t>(store_->end().value());
  store_->retain(0, 3 * size);
  again("retry", original.at);
  EXPECT_EQ(shared(), 0U);
  store_->retain(0, 5 * size);
  again("retry", original.at);
  EXPECT_EQ(shared(), 1U);
}

// A minimum that falls again would show a consumer what it was told is gone.
TEST_F(DeliveryTest, WhatACrashMayTakeBackHidesNothing) {
  ASSERT_TRUE(open());
  const auto original = send("t", 0, body_);
  fill(30);
  send("retry", 0, "whole");
  EXPECT_EQ(append("retry", 0, body_, {.extra = {.body_at = original.at}}).refused, Refused::none);
  ASSERT_EQ(shared(), 1U);
  ASSERT_TRUE(store_->write_pass());
  store_->retain(kForever, 0);
  EXPECT_EQ(store_->begin(), LogOffset{0});
  EXPECT_EQ(min("retry"), 0);
}

}  // namespace
}  // namespace mq::storage
