#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "mq/storage/index_writer.hpp"
#include "mq/storage/segment.hpp"
#include "mq/storage/segment_index.hpp"
#include "mq/testing/faulty_disk.hpp"

namespace mq::storage {
namespace {

constexpr StoreId kStore{9};
constexpr LogOffset kStart{8192};

TEST(ChunkList, HoldsWhatWasAppendedAcrossAllChunkSizes) {
  ChunkList<std::int64_t> list;
  for (std::int64_t i = 0; i < 20'000; ++i) list.push_back(i * 3);
  ASSERT_EQ(list.size(), 20'000U);
  for (std::size_t i = 0; i < list.size(); ++i) ASSERT_EQ(list[i], static_cast<std::int64_t>(i) * 3);
}

TEST(ChunkList, ACopyIsASnapshotThatLaterAppendsDoNotChange) {
  ChunkList<int> list;
  for (int i = 0; i < 100; ++i) list.push_back(i);
  const auto copy = list;
  for (int i = 100; i < 5000; ++i) list.push_back(i);
  ASSERT_EQ(copy.size(), 100U);
  EXPECT_EQ(copy[99], 99);
  EXPECT_EQ(list[4999], 4999);
}

class IndexTest : public ::testing::Test {
 protected:
  IndexTest() {
    std::mt19937_64 random(1);
    content_.tables.start = kStart;
    content_.upto = LogOffset{9999};
    for (const auto& [topic, queue, count] :
         {std::tuple("a", 0, 1000), {"a", 1, 1}, {"bb", 0, 204}, {"bb", 7, 205}}) {
      auto& run = content_.runs.emplace_back();
      run.topic = std::make_shared<const std::string>(topic);
      run.queue = queue;
      run.base = 50;
      for (int i = 0; i < count; ++i) run.entries.push_back({i * 8, i - 100, i + 1});
    }
    for (int i = 0; i < 2000; ++i) {
      const KeyRow row{random() % 500 * 0x9E3779B97F4A7C15U, i};
      keys_.emplace(row.hash, row.at);
      content_.tables.keys.add(row);
      const TimerMark timer{static_cast<std::int64_t>(random() % 100), i};
      content_.tables.timers.push_back(timer);
      content_.tables.last_timer = std::max(content_.tables.last_timer, timer);
    }
    snapshot_.metadata["k"] = "v";
  }

  std::shared_ptr<SegmentIndex> write_and_open() {
    EXPECT_TRUE(write_index(*directory_, kName, kStore, content_, &snapshot_));
    return SegmentIndex::open(directory_->open(kName).value(), kStore, kStart).value();
  }

  const std::string kName = file_name(kStart, kIndexSuffix);
  testing::FaultyDisk disk_;
  std::unique_ptr<Directory> directory_ = disk_.directory();
  IndexContent content_;
  Snapshot snapshot_;
  std::multimap<std::uint64_t, std::int64_t> keys_;
};

TEST_F(IndexTest, RowsComeBackFromAnyPlaceWithAndWithoutACache) {
  const auto index = write_and_open();
  const auto runs = index->runs().value();
  ASSERT_EQ(runs.size(), 4U);
  ChunkCache cache(2);
  for (auto* const used : {&cache, static_cast<ChunkCache*>(nullptr)}) {
    for (const auto& run : runs) {
      EXPECT_EQ(run.base, 50);
      for (std::uint64_t first = 0; first < run.entries.count; first += 97) {
        std::vector<StoredEntry> rows;
        ASSERT_TRUE(index->rows(run.entries, first, 300, used, rows));
        ASSERT_EQ(rows.size(), std::min<std::uint64_t>(300, run.entries.count - first));
        EXPECT_EQ(rows.front().at, static_cast<std::int64_t>(first) * 8);
        EXPECT_EQ(rows.back().size, static_cast<std::int32_t>(first + rows.size()));
      }
    }
  }
}

TEST_F(IndexTest, EveryKeyIsFoundAndNoOther) {
  const auto index = write_and_open();
  ChunkCache cache(16);
  for (std::uint64_t n = 0; n < 520; ++n) {
    const auto hash = n * 0x9E3779B97F4A7C15U;
    std::vector<std::int64_t> found;
    ASSERT_TRUE(index->find_key(hash, &cache, found));
    std::vector<std::int64_t> expected;
    const auto [first, last] = keys_.equal_range(hash);
    for (auto row = first; row != last; ++row) expected.push_back(row->second);
    std::ranges::sort(expected);
    EXPECT_EQ(found, expected) << n;
  }
}

TEST_F(IndexTest, TimersAboveAMarkComeSorted) {
  const auto index = write_and_open();
  std::vector<TimerMark> all;
  ASSERT_TRUE(index->timers_above({}, 10000, all));
  ASSERT_EQ(all.size(), 2000U);
  EXPECT_TRUE(std::ranges::is_sorted(all));
  for (const std::size_t i : {0U, 1U, 254U, 255U, 1998U, 1999U}) {
    std::vector<TimerMark> above;
    ASSERT_TRUE(index->timers_above(all[i], 10000, above));
    EXPECT_EQ(above.size(), 1999 - i);
    std::vector<TimerMark> some;
    ASSERT_TRUE(index->timers_above(all[i], 300, some));
    above.resize(std::min<std::size_t>(above.size(), 300));
    EXPECT_EQ(some, above);
  }
}

TEST_F(IndexTest, IsRefusedAtAnotherPlaceInAnotherStoreAndInAnotherVersion) {
  write_and_open();
  EXPECT_FALSE(SegmentIndex::open(directory_->open(kName).value(), StoreId{10}, kStart));
  EXPECT_FALSE(SegmentIndex::open(directory_->open(kName).value(), kStore, LogOffset{0}));
  IndexHeader header;
  header.version = 2;
  header.store = kStore;
  header.start = kStart;
  disk_.set_content(kName, encode_index_header(header, Checksum(kStore)));
  EXPECT_EQ(SegmentIndex::open(directory_->open(kName).value(), kStore, kStart).error(),
            boost::system::errc::not_supported);
}

TEST_F(IndexTest, AHalfWrittenIndexHasNoName) {
  for (std::uint64_t call = 1; call < 50; ++call) {
    testing::FaultyDisk disk;
    disk.die_in_call(call, 1000);
    const bool written = write_index(*disk.directory(), kName, kStore, content_, &snapshot_).has_value();
    disk.power_cut_at_random(call);
    const auto directory = disk.directory();
    auto file = directory->open(kName);
    if (file) {
      EXPECT_TRUE(SegmentIndex::open(std::move(*file), kStore, kStart)) << call;
    }
    if (written) return;
  }
  FAIL() << "writing an index makes more calls than expected";
}

}  // namespace
}  // namespace mq::storage
