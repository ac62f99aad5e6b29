#include <gmock/gmock.h>

#include <thread>

#include "mq/storage/format_file.hpp"
#include "mq/storage/store_fixture.hpp"

namespace mq::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(StoreTest, ReadsBackWhatWasSent) {
  ASSERT_TRUE(open()) << problem_;
  const auto first = send("orders", 2, "one");
  const auto second = send("orders", 2, "two", {.tag = "paid"});
  EXPECT_EQ(first.queue_offset, QueueOffset{0});
  EXPECT_EQ(second.queue_offset, QueueOffset{1});
  EXPECT_EQ(read(first.at), "one");
  EXPECT_THAT(consume("orders", 2), ElementsAre("one", "two"));
  EXPECT_THAT(consume("orders", 0), IsEmpty());
  const auto entries = store_->entries({"orders", 2}, QueueOffset{1}, 10).value();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].tag_hash, tag_hash("paid"));
}

TEST_F(StoreTest, TheRecordSaysWhereItLies) {
  ASSERT_TRUE(open());
  const auto done = send("orders", 1, "body", {.store_ms = 77});
  base::Bytes bytes;
  ASSERT_TRUE(store_->read_record(done.at, bytes));
  const auto record = decode_record(bytes).value().record;
  EXPECT_EQ(record.log_offset, done.at);
  EXPECT_EQ(record.queue_offset, done.queue_offset);
  EXPECT_EQ(record.store_ms, 77);
  EXPECT_EQ(record.queue, 1);
}

TEST_F(StoreTest, NothingIsSeenBeforeItIsDurable) {
  ASSERT_TRUE(open());
  const auto done = append("orders", 0, "held", {.unique_key = "k"});
  const auto blind = [&] {
    EXPECT_EQ(max("orders"), 0);
    EXPECT_THAT(consume("orders"), IsEmpty());
    EXPECT_EQ(read(done.at), "ERROR");
    EXPECT_THAT(find("orders", "k"), IsEmpty());
    EXPECT_THAT(store_->take_arrivals(), IsEmpty());
    EXPECT_EQ(store_->offset_by_time({"orders", 0}, 0, MessageStore::Boundary::lower).value(),
              QueueOffset{0});
  };
  blind();
  ASSERT_TRUE(store_->write_pass());
  blind();
  const auto job = store_->take_sync_job();
  ASSERT_TRUE(job->run());
  blind();
  store_->synced(*job);
  EXPECT_EQ(store_->durable(), done.end);
  EXPECT_THAT(consume("orders"), ElementsAre("held"));
  EXPECT_THAT(find("orders", "k"), ElementsAre(done.at));
  ASSERT_EQ(store_->take_arrivals().size(), 1U);
  EXPECT_THAT(store_->take_arrivals(), IsEmpty());
}

TEST_F(StoreTest, AnArrivalIsToldOnceEvenWhenTheQueueWasReadBefore) {
  ASSERT_TRUE(open());
  send("orders", 0, "one", {.tag = "a"});
  EXPECT_EQ(max("orders"), 1);
  const auto arrivals = store_->take_arrivals();
  ASSERT_EQ(arrivals.size(), 1U);
  EXPECT_EQ(arrivals[0].queue, (QueueId{"orders", 0}));
  EXPECT_EQ(arrivals[0].end, QueueOffset{1});
  EXPECT_EQ(arrivals[0].tag_hash, tag_hash("a"));
}

TEST_F(StoreTest, AnotherSyncJobCoversWhatWasWrittenMeanwhile) {
  ASSERT_TRUE(open());
  append("t", 0, "one");
  ASSERT_TRUE(store_->write_pass());
  const auto job = store_->take_sync_job();
  EXPECT_FALSE(store_->take_sync_job());
  append("t", 0, "two");
  ASSERT_TRUE(store_->write_pass());
  ASSERT_TRUE(job->run());
  store_->synced(*job);
  EXPECT_EQ(max("t"), 1);
  ASSERT_TRUE(flush());
  EXPECT_EQ(max("t"), 2);
  EXPECT_FALSE(store_->take_sync_job());
}

TEST_F(StoreTest, AssumedDurableIsVisibleAndStillGetsSynced) {
  ASSERT_TRUE(open());
  append("t", 0, "one");
  ASSERT_TRUE(store_->write_pass());
  store_->assume_durable();
  EXPECT_THAT(consume("t"), ElementsAre("one"));
  EXPECT_TRUE(store_->take_sync_job());
}

TEST_F(StoreTest, StoreTimeNeverFalls) {
  ASSERT_TRUE(open());
  send("t", 0, "one", {.store_ms = 500});
  EXPECT_EQ(send("t", 0, "two", {.store_ms = 400}).store_ms, 500);
  kill();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_EQ(send("t", 0, "three", {.store_ms = 1}).store_ms, 500);
}

TEST_F(StoreTest, OffsetByTimeFindsBothEndsOfARunOfEqualTimes) {
  ASSERT_TRUE(open());
  for (const auto ms : {10, 20, 20, 20, 30}) send("t", 0, "x", {.store_ms = ms});
  const auto at = [&](std::int64_t ms, MessageStore::Boundary boundary) {
    return store_->offset_by_time({"t", 0}, ms, boundary).value().value();
  };
  using enum MessageStore::Boundary;
  EXPECT_EQ(at(5, lower), 0);
  EXPECT_EQ(at(20, lower), 1);
  EXPECT_EQ(at(21, lower), 4);
  EXPECT_EQ(at(31, lower), 5);
  EXPECT_EQ(at(5, upper), 0);
  EXPECT_EQ(at(20, upper), 3);
  EXPECT_EQ(at(29, upper), 3);
  EXPECT_EQ(at(99, upper), 4);
}

TEST_F(StoreTest, KeysAreFoundNewestFirstAndByTopic) {
  ASSERT_TRUE(open());
  const auto a = send("t", 0, "a", {.keys = "k1 k2", .unique_key = "u1"});
  const auto b = send("t", 1, "b", {.keys = "k2"});
  send("other", 0, "c", {.keys = "k2"});
  EXPECT_THAT(find("t", "k2"), ElementsAre(b.at, a.at));
  EXPECT_THAT(find("t", "k1"), ElementsAre(a.at));
  EXPECT_THAT(find("t", "u1"), ElementsAre(a.at));
  EXPECT_THAT(find("t", "k1 k2"), IsEmpty());
  EXPECT_THAT(store_->find_key("t", "k2", 0, kForever, 1).value(), ElementsAre(b.at));
}

TEST_F(StoreTest, AReadThatIsNoRecordsStartIsAnError) {
  ASSERT_TRUE(open());
  const auto done = send("t", 0, "a message body");
  base::Bytes out;
  for (std::int64_t at = -100; at < done.end.value() + 100; ++at) {
    if (LogOffset{at} == done.at) continue;
    EXPECT_FALSE(store_->read_record(LogOffset{at}, out)) << at;
  }
  EXPECT_THAT(out, IsEmpty());
}

TEST_F(StoreTest, ManyRecordsAreReadAtOnceWithinTheLimit) {
  ASSERT_TRUE(open());
  for (int i = 0; i < 100; ++i) append("t", i % 2, std::string(100, static_cast<char>('a' + i % 26)));
  ASSERT_TRUE(flush());
  const auto entries = store_->entries({"t", 0}, QueueOffset{0}, 1000).value();
  ASSERT_EQ(entries.size(), 50U);
  const auto size = static_cast<std::size_t>(entries[0].size);

  base::Bytes out;
  EXPECT_EQ(store_->read_records(entries, 1, out).value(), 1U);
  EXPECT_EQ(out.size(), size);
  out.clear();
  EXPECT_EQ(store_->read_records(entries, 10 * size + 1, out).value(), 10U);
  EXPECT_EQ(out.size(), 10 * size);

  // Over several segments, from the tail in memory and from the files alike.
  for (int round = 0; round < 2; ++round) {
    base::Bytes one_by_one;
    for (const auto& entry : entries) ASSERT_TRUE(store_->read_record(entry.at, one_by_one));
    out.clear();
    EXPECT_EQ(store_->read_records(entries, 1'000'000, out).value(), 50U);
    EXPECT_EQ(out, one_by_one);
    kill();
    ASSERT_TRUE(open()) << problem_;
  }
}

TEST_F(StoreTest, RefusesWhatIsTooLargeAndGoesOn) {
  ASSERT_TRUE(open());
  EXPECT_EQ(append("t", 0, std::string(4096, 'x')).refused, Refused::too_large);
  EXPECT_EQ(append(std::string(300, 't'), 0, "x").refused, Refused::too_large);
  EXPECT_EQ(append("t", -1, "x").refused, Refused::too_large);
  EXPECT_EQ(append("t", 1 << 30, "x").refused, Refused::too_large);
  EXPECT_EQ(store_->put_meta({{"key", std::string(5000, 'v')}}).error(), boost::system::errc::message_size);
  EXPECT_EQ(store_->end(), LogOffset{0});
  send("t", 0, "fits");
  EXPECT_THAT(consume("t"), ElementsAre("fits"));
}

TEST_F(StoreTest, RefusesAboveTheUndurableLimitUntilASync) {
  options_.undurable_max = 1000;
  ASSERT_TRUE(open());
  int accepted = 0;
  while (append("t", 0, "xxxxxxxxxx").refused == Refused::none) ++accepted;
  EXPECT_GT(accepted, 2);
  EXPECT_EQ(append("t", 0, "x").refused, Refused::busy);
  EXPECT_EQ(store_->put_meta({{"key", std::string(100, 'v')}}).error(),
            boost::system::errc::resource_unavailable_try_again);
  ASSERT_TRUE(flush());
  EXPECT_EQ(append("t", 0, "x").refused, Refused::none);
}

TEST_F(StoreTest, MetadataIsAllOrNothingAndSurvives) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(store_->put_meta({{"a", "1"}, {"b", "2"}, {"c", "3"}}));
  ASSERT_TRUE(flush());
  ASSERT_TRUE(store_->put_meta({{"a", "changed"}, {"b", std::nullopt}, {"d", ""}}));
  const auto changed = ElementsAre(std::pair<std::string, std::string>("a", "changed"),
                                   std::pair<std::string, std::string>("c", "3"),
                                   std::pair<std::string, std::string>("d", ""));
  EXPECT_THAT(store_->metadata(), changed);
  ASSERT_TRUE(flush());
  cut_power();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(store_->metadata(), changed);
}

TEST_F(StoreTest, ARemovedTopicComesBackEmptyFromOffsetZero) {
  ASSERT_TRUE(open());
  for (int i = 0; i < 40; ++i) send("t", 0, "old" + std::to_string(i), {.keys = "k"});
  tidy();  // part of the old messages is in an index, part in memory
  send("stays", 0, "here", {.keys = "k"});
  ASSERT_TRUE(store_->remove_topic("t"));
  ASSERT_TRUE(flush());

  const auto fresh = [&](int count) {
    EXPECT_EQ(min("t"), 0);
    EXPECT_EQ(max("t"), count);
    EXPECT_EQ(find("t", "k").size(), static_cast<std::size_t>(count));
    EXPECT_THAT(consume("stays"), ElementsAre("here"));
    EXPECT_EQ(find("stays", "k").size(), 1U);
  };
  fresh(0);
  EXPECT_EQ(send("t", 0, "new", {.keys = "k"}).queue_offset, QueueOffset{0});
  fresh(1);
  kill();
  ASSERT_TRUE(open()) << problem_;
  fresh(1);
  tidy();
  for (int i = 0; i < 40; ++i) send("t", 0, "new", {.keys = "k"});
  tidy();
  fresh(41);
  ASSERT_TRUE(store_->close());
  ASSERT_TRUE(open()) << problem_;
  fresh(41);
}

TEST_F(StoreTest, ASecondProcessIsRefused) {
  ASSERT_TRUE(open());
  std::string problem;
  EXPECT_FALSE(MessageStore::open(disk_.directory(), options_, problem));
  EXPECT_THAT(problem, HasSubstr("another process uses the data directory"));
}

TEST_F(StoreTest, AnotherFormatVersionIsRefusedWithBothNumbers) {
  ASSERT_TRUE(open());
  kill();
  auto text = disk_.content("FORMAT");
  const std::string later = "sluice-store 7\nsomething new\n";
  disk_.set_content("FORMAT", {base::bytes_of(later).begin(), base::bytes_of(later).end()});
  EXPECT_FALSE(open());
  EXPECT_THAT(problem_, HasSubstr("format version 7"));
  EXPECT_THAT(problem_, HasSubstr("reads versions 1 to 4"));
  disk_.set_content("FORMAT", text);
  EXPECT_TRUE(open()) << problem_;
}

TEST_F(StoreTest, ADirectoryOfAnEarlierVersionBecomesOneOfThisVersion) {
  for (const int version : {1, 2, 3}) {
    for (const auto& name : disk_.names()) disk_.erase(name);
    ASSERT_TRUE(open());
    send("t", 0, "old");
    ASSERT_TRUE(store_->close());
    kill();
    const auto old = encode_identity({StoreId{options_.new_store_id}, 1}, version);
    const auto bytes = base::bytes_of(old);
    disk_.set_content("FORMAT", {bytes.begin(), bytes.end()});
    ASSERT_TRUE(open()) << problem_;
    EXPECT_EQ(store_->max_offset({"t", 0}).value(), 1);
    std::string text;
    for (const auto byte : disk_.content("FORMAT")) text += static_cast<char>(byte);
    EXPECT_THAT(text, HasSubstr("sluice-store 4\n"));
    kill();
  }
}

TEST_F(StoreTest, AfterAFailedSyncNothingIsAcceptedAndNoSyncIsTriedAgain) {
  ASSERT_TRUE(open());
  send("t", 0, "safe");
  append("t", 0, "lost");
  ASSERT_TRUE(store_->write_pass());
  disk_.fail_next_sync();
  const auto job = store_->take_sync_job();
  EXPECT_FALSE(job->run());
  EXPECT_FALSE(job->run()) << "the disk would answer well now, but the data is gone";
  EXPECT_EQ(append("t", 0, "x").refused, Refused::shutting_down);
  EXPECT_FALSE(store_->put_meta({{"k", "v"}}));
  EXPECT_FALSE(store_->write_pass());
  EXPECT_FALSE(store_->take_sync_job());
  EXPECT_FALSE(store_->take_janitor_job());
  EXPECT_FALSE(store_->close());
  EXPECT_THAT(consume("t"), ElementsAre("safe"));
}

TEST_F(StoreTest, AFailedWriteIsToldAndNothingMoreIsAccepted) {
  ASSERT_TRUE(open());
  append("t", 0, "lost");
  disk_.fail_next_write();
  EXPECT_FALSE(store_->write_pass());
  EXPECT_FALSE(store_->write_pass());
  EXPECT_EQ(append("t", 0, "x").refused, Refused::shutting_down);
}

TEST_F(StoreTest, AFullDiskRefusesAppendsAndServesReadsUntilSpaceReturns) {
  ASSERT_TRUE(open());
  disk_.set_free_space(0);
  int stored = 0;
  while (true) {
    const auto done = append("t", 0, std::string(100, 'x'));
    if (done.refused != Refused::none) {
      EXPECT_EQ(done.refused, Refused::disk_full);
      break;
    }
    ++stored;
  }
  EXPECT_GT(stored, 10) << "the segment that is there has its blocks";
  EXPECT_EQ(store_->put_meta({{"key", std::string(200, 'v')}}).error(),
            boost::system::errc::no_space_on_device);
  ASSERT_TRUE(flush());
  EXPECT_EQ(max("t"), stored);
  disk_.set_free_space(std::nullopt);
  send("t", 0, "again");
  EXPECT_EQ(consume("t").back(), "again");
  kill();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_EQ(max("t"), stored + 1);
}

TEST_F(StoreTest, AnEmptyDirectoryNeedsNoReserveToBeReady) {
  options_.reserve_segments = 2;
  ASSERT_TRUE(open());
  EXPECT_EQ(store_->stats().reserve_ready, 0U);
  send("t", 0, "ready");
  EXPECT_EQ(tidy(), 2);
  EXPECT_EQ(store_->stats().reserve_ready, 2U);
  for (int i = 0; i < 100; ++i) send("t", 0, std::string(200, 'x'));
  EXPECT_EQ(store_->stats().reserve_ready, 0U);
  EXPECT_GT(store_->stats().reserve_used_up, 0U);
  EXPECT_EQ(max("t"), 101);
}

// Sync jobs and janitor jobs on threads of their own, as in the broker; the thread sanitizer watches.
TEST_F(StoreTest, JobsRunBesideAppendsAndReads) {
  options_.segment_size = 16384;
  options_.checkpoint_every = 3000;
  options_.reserve_segments = 1;
  ASSERT_TRUE(open());
  std::int64_t sent = 0;
  for (int round = 0; round < 50; ++round) {
    append("t", 0, std::string(100, 'x'), {.keys = "k"});
    ASSERT_TRUE(store_->write_pass());
    const auto sync = store_->take_sync_job();
    const auto janitor = store_->take_janitor_job();
    base::Result<> synced;
    base::Result<> tidied;
    {
      const std::jthread flush_thread([&] { synced = sync->run(); });
      const std::jthread janitor_thread([&] {
        if (janitor) tidied = janitor->run();
      });
      for (int i = 0; i < 10; ++i) append("t", 0, std::string(100, 'y'), {.keys = "k"});
      ASSERT_TRUE(store_->write_pass());
      EXPECT_EQ(static_cast<std::int64_t>(consume("t").size()), max("t"));
    }
    ASSERT_TRUE(synced);
    store_->synced(*sync);
    if (janitor) store_->done(*janitor, tidied);
    sent += 11;
  }
  ASSERT_TRUE(flush());
  EXPECT_EQ(max("t"), sent);
  EXPECT_EQ(static_cast<std::int64_t>(find("t", "k").size()), std::min<std::int64_t>(sent, 100));
}

TEST_F(StoreTest, WithoutTheFirstSyncADirectoryIsAsGoodAsNew) {
  for (std::uint64_t call = 1; call < 20; ++call) {
    testing::FaultyDisk disk;
    disk.die_in_call(call);
    std::string problem;
    const bool opened = MessageStore::open(disk.directory(), options_, problem).has_value();
    disk.power_cut(testing::FaultyDisk::Unsynced::lost);
    EXPECT_TRUE(MessageStore::open(disk.directory(), options_, problem)) << call << ": " << problem;
    if (opened) return;
  }
  FAIL() << "open() makes more calls than expected";
}

}  // namespace
}  // namespace mq::storage
