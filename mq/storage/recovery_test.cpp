#include <gmock/gmock.h>

#include <functional>

#include "mq/storage/entry.hpp"
#include "mq/storage/store_fixture.hpp"

namespace mq::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kFirstLog = "00000000000000000000.log";

class RecoveryTest : public StoreTest {
 protected:
  // What the next process finds: the log as it is now, changed by `damage`.
  void damage(const std::function<void(base::Bytes&)>& change, const std::string& name = kFirstLog) {
    auto bytes = disk_.content(name);
    change(bytes);
    disk_.set_content(name, std::move(bytes));
  }
};

// A crash may stop the last write after any byte. Every prefix must recover to the entries that were
// whole, and accept new ones, which survive in their turn.
TEST_F(RecoveryTest, ATornTailIsCutAtEveryByteAndTheLogGoesOn) {
  ASSERT_TRUE(open());
  std::vector<LogOffset> ends{LogOffset{0}};
  ends.push_back(append("t", 0, "one").end);
  ends.push_back(append("t", 0, "two").end);
  ends.push_back(store_->put_meta({{"k", "v"}}).value());
  ends.push_back(timer("later", 5000).end);
  ends.push_back(store_->remove_topic("gone").value());
  ends.push_back(append("t", 0, "three").end);
  ASSERT_TRUE(flush());
  kill();
  const auto whole = disk_.content(kFirstLog);
  for (std::int64_t torn = 0; torn < ends.back().value(); ++torn) {
    SCOPED_TRACE(torn);
    auto bytes = whole;
    std::fill(bytes.begin() + torn, bytes.end(), std::byte{0});
    disk_.set_content(kFirstLog, std::move(bytes));
    ASSERT_TRUE(open()) << problem_;
    // An entry is whole when what is missing of it were zeros.
    const auto whole_upto = [&](LogOffset end) {
      return std::all_of(whole.begin() + std::min(torn, end.value()), whole.begin() + end.value(),
                         [](std::byte b) { return b == std::byte{0}; });
    };
    const auto first_torn = std::ranges::find_if_not(ends, whole_upto);
    const auto expected = *std::prev(first_torn);
    EXPECT_EQ(store_->end(), expected);
    // Of a torn entry with its header the size is known.
    const auto cut = static_cast<std::uint64_t>(first_torn->value() - expected.value());
    EXPECT_LE(store_->stats().truncated_bytes, cut);
    if (torn >= expected.value() + static_cast<std::int64_t>(kEntryHeaderSize)) {
      EXPECT_EQ(store_->stats().truncated_bytes, cut);
    }
    EXPECT_EQ(store_->metadata().size(), expected >= ends[3] ? 1U : 0U);
    EXPECT_EQ(store_->pending_timers().size(), expected >= ends[4] ? 1U : 0U);
    const auto before = consume("t").size();
    send("t", 0, "new");
    kill();
    ASSERT_TRUE(open()) << problem_;
    EXPECT_EQ(consume("t").size(), before + 1);
    EXPECT_EQ(consume("t").back(), "new");
    kill();
  }
}

// The pages of one unsynced batch persist in any order: here the first entry is lost and the second
// is not. After the cut, a new entry of the same size must not bring the second one back.
TEST_F(RecoveryTest, AnEntryBehindATornOneIsNotResurrectedByTheNextRun) {
  ASSERT_TRUE(open());
  send("t", 0, "a");
  const auto lost = append("t", 0, "b");
  append("t", 0, "c");
  ASSERT_TRUE(flush());
  kill();
  damage([&](base::Bytes& log) { log[position_of(lost.at)] ^= std::byte{1}; });
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(consume("t"), ElementsAre("a"));
  const auto replacement = send("t", 0, "B");
  EXPECT_EQ(replacement.at, lost.at);
  EXPECT_EQ(replacement.end, lost.end) << "the old entry follows exactly";
  kill();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(consume("t"), ElementsAre("a", "B"));
}

// Entries of one type begin with the same eight bytes. Where a sector ends behind them, they may be all that
// reaches the disk of a new entry, in front of the rest of one that was cut.
TEST_F(RecoveryTest, AnEntryThatWasCutIsNotMadeWholeByTheFirstBytesOfAnother) {
  ASSERT_TRUE(open());
  send("t", 0, "a");
  const auto cut = append("t", 0, "b");
  append("t", 0, "c");
  ASSERT_TRUE(flush());
  kill();
  const auto start = position_of(cut.at) - kEntryHeaderSize;
  base::Bytes first_bytes;
  damage([&](base::Bytes& log) {
    const auto at = log.begin() + static_cast<std::ptrdiff_t>(start);
    first_bytes.assign(at, at + 8);
    std::fill(at, at + 8, std::byte{0});
  });
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(consume("t"), ElementsAre("a"));
  append("t", 0, "B");
  kill();
  damage([&](base::Bytes& log) { std::ranges::copy(first_bytes, &log[start]); });
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(consume("t"), ElementsAre("a"));
}

// Rot where a later entry says that the place was durable: refused, with place and remedy. Only in
// the very last batch it cannot be told from a torn tail, and is cut.
TEST_F(RecoveryTest, AFlippedBitInTheScannedPartIsRefusedUnlessItIsInTheLastBatch) {
  ASSERT_TRUE(open());
  std::vector<Appended> sent;
  for (int i = 0; i < 5; ++i) sent.push_back(send("t", 0, "message " + std::to_string(i)));
  kill();
  const auto whole = disk_.content(kFirstLog);
  int refused = 0;
  int cut = 0;
  for (std::size_t position = 0; position < static_cast<std::size_t>(sent.back().end.value()); ++position) {
    SCOPED_TRACE(position);
    disk_.set_content(kFirstLog, whole);
    disk_.flip(kFirstLog, position, static_cast<int>(position % 8));
    const bool in_last = position >= static_cast<std::size_t>(sent[3].end.value());
    if (!open()) {
      EXPECT_FALSE(in_last);
      EXPECT_THAT(problem_, HasSubstr("damaged at offset"));
      EXPECT_THAT(problem_, HasSubstr(kFirstLog));
      EXPECT_THAT(problem_, HasSubstr("restore"));
      ++refused;
      continue;
    }
    if (in_last && consume("t").size() == 4) {
      ++cut;
      continue;
    }
    EXPECT_EQ(consume("t").size(), 5U) << "only the padding behind an entry is harmless";
    EXPECT_EQ(consume("t")[4], "message 4");
  }
  EXPECT_GT(refused, 300);
  EXPECT_GT(cut, 50);
}

// Below a checkpoint the log is not read at start, so damage is found by whoever reads the record; it
// is an error there, and nowhere else.
TEST_F(RecoveryTest, AFlippedBitBelowTheCheckpointIsFoundByTheReader) {
  ASSERT_TRUE(open());
  std::vector<Appended> sent;
  for (int i = 0; i < 5; ++i) sent.push_back(send("t", 0, "message " + std::to_string(i)));
  ASSERT_TRUE(store_->close());
  kill();
  const auto checkpoint = disk_.content("00000000000000000000.ckp");
  const auto whole = disk_.content(kFirstLog);
  for (std::size_t position = 0; position < static_cast<std::size_t>(sent.back().end.value()); ++position) {
    SCOPED_TRACE(position);
    disk_.set_content(kFirstLog, whole);
    disk_.flip(kFirstLog, position, static_cast<int>(position % 8));
    ASSERT_TRUE(open()) << problem_;
    bool any_hit = false;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const auto start = entry_of(sent[i].at).value();
      const auto payload_end =
          sent[i].at.value() + store_->entries({"t", 0}, sent[i].queue_offset, 1)->front().size;
      const bool hit =
          start <= static_cast<std::int64_t>(position) && static_cast<std::int64_t>(position) < payload_end;
      any_hit = any_hit || hit;
      EXPECT_EQ(read(sent[i].at), hit ? "ERROR" : "message " + std::to_string(i));
    }
    base::Bytes read_by_consumers;
    static_cast<void>(
        store_->read_records(*store_->entries({"t", 0}, QueueOffset{0}, 5), 1 << 16, read_by_consumers));
    EXPECT_EQ(store_->stats().checksum_errors > 0, any_hit);
    kill();
    disk_.set_content("00000000000000000000.ckp", checkpoint);
  }
}

TEST_F(RecoveryTest, ADamagedCheckpointCostsTimeOnly) {
  ASSERT_TRUE(open());
  for (int i = 0; i < 5; ++i) send("t", 0, std::to_string(i), {.keys = "k"});
  timer("later", 5000);
  ASSERT_TRUE(store_->put_meta({{"k", "v"}}));
  ASSERT_TRUE(store_->close());
  kill();
  const std::string name = "00000000000000000000.ckp";
  const auto whole = disk_.content(name);
  for (std::size_t position = 0; position < whole.size(); ++position) {
    SCOPED_TRACE(position);
    disk_.set_content(name, whole);
    disk_.flip(name, position, static_cast<int>(position % 8));
    ASSERT_TRUE(open()) << problem_;
    EXPECT_THAT(consume("t"), ElementsAre("0", "1", "2", "3", "4"));
    EXPECT_EQ(find("t", "k").size(), 5U);
    EXPECT_EQ(store_->pending_timers().size(), 1U);
    EXPECT_EQ(store_->metadata().size(), 1U);
    kill();
  }
}

TEST_F(RecoveryTest, ADamagedIndexIsMadeAnewWhereverTheDamageIs) {
  ASSERT_TRUE(open());
  for (int i = 0; i < 60; ++i) send("t", i % 2, std::to_string(i), {.keys = "k" + std::to_string(i % 5)});
  tidy();
  const auto expected = consume("t");
  const auto keys = find("t", "k3");
  ASSERT_TRUE(store_->close());
  kill();
  const std::string name = "00000000000000000000.idx";
  const auto whole = disk_.content(name);
  int rebuilt = 0;
  for (std::size_t position = 0; position < whole.size(); ++position) {
    SCOPED_TRACE(position);
    disk_.set_content(name, whole);
    disk_.flip(name, position, static_cast<int>(position % 8));
    ASSERT_TRUE(open()) << problem_;
    rebuilt += static_cast<int>(store_->stats().indexes_rebuilt);
    const auto entries = store_->entries({"t", 0}, QueueOffset{0}, 1000);
    const auto found = store_->find_key("t", "k3", 0, kForever, 100);
    ASSERT_TRUE(entries && found);
    EXPECT_EQ(consume("t"), expected);
    EXPECT_EQ(*found, keys);
    kill();
  }
  EXPECT_GT(rebuilt, 1000);
}

TEST_F(RecoveryTest, AFlippedBitInFormatIsRefused) {
  ASSERT_TRUE(open());
  send("t", 0, "x");
  kill();
  const auto whole = disk_.content("FORMAT");
  for (std::size_t position = 0; position < whole.size(); ++position) {
    disk_.set_content("FORMAT", whole);
    disk_.flip("FORMAT", position);
    EXPECT_FALSE(open()) << position;
    EXPECT_THAT(problem_, ::testing::AnyOf(HasSubstr("FORMAT"), HasSubstr("format version"))) << position;
  }
}

// The kernel tells of unsynced pages nothing until they are on the disk: what a killed process wrote is
// shown again only after a sync.
TEST_F(RecoveryTest, WhatAKilledProcessWroteIsSyncedBeforeItIsShown) {
  ASSERT_TRUE(open());
  append("t", 0, "written, not synced");
  ASSERT_TRUE(store_->write_pass());
  kill();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(consume("t"), ElementsAre("written, not synced"));
  cut_power();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(consume("t"), ElementsAre("written, not synced"));
}

// The negative control of every durability test here: without the sync the disk does forget.
TEST_F(RecoveryTest, WithoutASyncAPowerCutLosesData) {
  ASSERT_TRUE(open());
  send("t", 0, "synced");
  append("t", 0, "assumed");
  ASSERT_TRUE(store_->write_pass());
  store_->assume_durable();
  EXPECT_THAT(consume("t"), ElementsAre("synced", "assumed"));
  cut_power();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(consume("t"), ElementsAre("synced"));
}

// Entries carry what was synced, not what was assumed: lost pages below an assumed mark are no rot.
TEST_F(RecoveryTest, AssumedDurabilityNeverMakesALostPageLookLikeRot) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    StoreTest::disk_.power_cut(testing::FaultyDisk::Unsynced::lost);
    for (const auto& name : disk_.names()) disk_.erase(name);
    ASSERT_TRUE(open()) << problem_;
    for (int i = 0; i < 30; ++i) {
      append("t", 0, std::string(300, 'x'));
      ASSERT_TRUE(store_->write_pass());
      store_->assume_durable();
    }
    disk_.power_cut_at_random(seed);
    EXPECT_TRUE(open()) << problem_;
  }
}

TEST_F(RecoveryTest, EntriesOfALaterVersionAreRefusedByName) {
  for (const int type : {7, 99}) {
    ASSERT_TRUE(open()) << problem_;
    const auto end = send("t", 0, "x").end;
    kill();
    const auto before = disk_.content(kFirstLog);
    damage([&](base::Bytes& log) {
      EntryHeader header;
      header.type = static_cast<EntryType>(type);
      header.length = 16;
      header.epoch = 1;
      header.at = end;
      seal_entry(log.data() + end.value(), header, Checksum(StoreId{options_.new_store_id}));
    });
    EXPECT_FALSE(open());
    EXPECT_THAT(problem_, HasSubstr("type " + std::to_string(type)));
    EXPECT_THAT(problem_, HasSubstr("version"));
    disk_.set_content(kFirstLog, before);
    for (const auto& name : disk_.names()) disk_.erase(name);
  }
}

TEST_F(RecoveryTest, AnEntryOfAnEpochThatNeverWasIsRefused) {
  ASSERT_TRUE(open());
  const auto end = send("t", 0, "x").end;
  kill();
  damage([&](base::Bytes& log) {
    EntryHeader header;
    header.type = EntryType::metadata;
    header.length = 4;
    header.epoch = 9;
    header.at = end;
    seal_entry(log.data() + end.value(), header, Checksum(StoreId{options_.new_store_id}));
  });
  EXPECT_FALSE(open());
  EXPECT_THAT(problem_, HasSubstr("epoch 9"));
}

TEST_F(RecoveryTest, AnotherStoresSegmentIsNotTakenForOnesOwn) {
  ASSERT_TRUE(open());
  send("t", 0, "mine");
  kill();
  testing::FaultyDisk other;
  auto options = options_;
  options.new_store_id = 77;
  std::string problem;
  auto store = MessageStore::open(other.directory(), options, problem).value();
  Record record;
  record.topic = "t";
  store->append(record, 1);
  ASSERT_TRUE(store->close());
  disk_.set_content(kFirstLog, other.content(kFirstLog));
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(consume("t"), IsEmpty());
}

TEST_F(RecoveryTest, ACleanRestartReadsNothingAndAKilledOneOnlyWhatFollowsTheCheckpoint) {
  options_.segment_size = std::size_t{1} << 20;
  options_.checkpoint_every = 20'000;
  ASSERT_TRUE(open());
  for (int i = 0; i < 10'000; ++i) {
    append("t", 0, "x");
    if (i % 50 != 49) continue;
    ASSERT_TRUE(flush());
    tidy();
  }
  kill();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_LT(store_->stats().recovered_entries, 300U);
  EXPECT_EQ(max("t"), 10'000);
  ASSERT_TRUE(store_->close());
  kill();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_EQ(store_->stats().recovered_entries, 0U);
  EXPECT_EQ(max("t"), 10'000);
  EXPECT_EQ(consume("t").size(), 10'000U);
}

TEST_F(RecoveryTest, ACheckpointWrittenInVainDoesNotHideALaterRun) {
  ASSERT_TRUE(open());
  send("t", 0, "one");
  ASSERT_TRUE(store_->close());
  kill();
  ASSERT_TRUE(open()) << problem_;
  send("t", 0, "two");
  kill();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(consume("t"), ElementsAre("one", "two"));
}

}  // namespace
}  // namespace mq::storage
