#include "mq/testing/faulty_disk.hpp"

#include <gmock/gmock.h>

namespace mq::testing {
namespace {

using ::testing::ElementsAre;

class FaultyDiskTest : public ::testing::Test {
 protected:
  void write(std::string_view name, std::string_view text) {
    ASSERT_TRUE(directory_->create(name).value()->write_at(0, base::bytes_of(text)));
  }
  std::string content(std::string_view name) { return std::string(base::text_of(disk_.content(name))); }

  FaultyDisk disk_;
  std::unique_ptr<storage::Directory> directory_ = disk_.directory();
};

TEST_F(FaultyDiskTest, WhatWasNotSyncedIsLostWithThePower) {
  write("synced", "aaaa");
  ASSERT_TRUE(directory_->open("synced").value()->sync());
  ASSERT_TRUE(directory_->sync());
  auto file = directory_->open("synced").value();
  ASSERT_TRUE(file->write_at(0, base::bytes_of("bb")));
  write("nameless", "cccc");
  ASSERT_TRUE(directory_->open("nameless").value()->sync());
  disk_.power_cut(FaultyDisk::Unsynced::lost);
  EXPECT_THAT(disk_.names(), ElementsAre("synced"));
  EXPECT_EQ(content("synced"), "aaaa");
}

TEST_F(FaultyDiskTest, AKilledProcessLosesNothingButItsHandles) {
  write("f", "text");
  auto file = directory_->open("f").value();
  disk_.kill();
  EXPECT_EQ(content("f"), "text");
  EXPECT_FALSE(file->write_at(0, base::bytes_of("x")));
  EXPECT_FALSE(directory_->list());
  EXPECT_TRUE(disk_.directory()->list());
}

TEST_F(FaultyDiskTest, PagesSurviveInAnyOrderAndSometimesInPart) {
  int only_second = 0;
  int in_part = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    FaultyDisk disk;
    auto directory = disk.directory();
    auto file = directory->create("f").value();
    const std::string two_pages(2 * FaultyDisk::kPageSize, 'x');
    ASSERT_TRUE(file->allocate(two_pages.size()));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(directory->sync());
    ASSERT_TRUE(file->write_at(0, base::bytes_of(two_pages)));
    disk.power_cut_at_random(seed);
    const auto bytes = disk.content("f");
    const bool first = bytes.front() == std::byte{'x'};
    const bool second = bytes[FaultyDisk::kPageSize] == std::byte{'x'};
    only_second += !first && second ? 1 : 0;
    in_part += first && bytes[FaultyDisk::kPageSize - 1] != std::byte{'x'} ? 1 : 0;
  }
  EXPECT_GT(only_second, 20);
  EXPECT_GT(in_part, 5);
}

TEST_F(FaultyDiskTest, AWriteIsTornWhereTheProcessDies) {
  write("f", "........");
  auto file = directory_->open("f").value();
  disk_.die_in_call(2, 3);
  ASSERT_TRUE(file->write_at(0, base::bytes_of("ab")));
  EXPECT_FALSE(file->write_at(2, base::bytes_of("cdefgh")));
  EXPECT_TRUE(disk_.died());
  EXPECT_FALSE(file->sync());
  EXPECT_EQ(content("f"), "abcde...");
}

TEST_F(FaultyDiskTest, AFailedSyncLosesTheDataAndTheNextOneSaysNothing) {
  write("f", "old!");
  auto file = directory_->open("f").value();
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(directory_->sync());
  ASSERT_TRUE(file->write_at(0, base::bytes_of("new!")));
  disk_.fail_next_sync();
  EXPECT_FALSE(file->sync());
  EXPECT_TRUE(file->sync());
  disk_.power_cut(FaultyDisk::Unsynced::lost);
  EXPECT_EQ(content("f"), "old!");
}

TEST_F(FaultyDiskTest, AFullDiskRefusesGrowthOnly) {
  write("f", "12345678");
  disk_.set_free_space(4);
  auto file = directory_->open("f").value();
  EXPECT_TRUE(file->write_at(0, base::bytes_of("overwrite!!!")));
  EXPECT_EQ(file->write_at(12, base::bytes_of("x")).error(), boost::system::errc::no_space_on_device);
  EXPECT_EQ(directory_->space().value().free, 0U);
  disk_.set_free_space(std::nullopt);
  EXPECT_TRUE(file->write_at(12, base::bytes_of("x")));
}

TEST_F(FaultyDiskTest, TheLockIsOneProcessesAndFallsWithIt) {
  ASSERT_TRUE(directory_->lock());
  EXPECT_FALSE(disk_.directory()->lock());
  disk_.kill();
  EXPECT_TRUE(disk_.directory()->lock());
}

}  // namespace
}  // namespace mq::testing
