#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "mq/storage/message_store.hpp"

namespace mq::storage {
namespace {

using ::testing::ElementsAre;

class PosixDirectoryTest : public ::testing::Test {
 protected:
  PosixDirectoryTest() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-storage-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~PosixDirectoryTest() override { std::filesystem::remove_all(path_); }

  std::string path_;
};

TEST_F(PosixDirectoryTest, WhatCannotBeADirectoryIsToldByName) {
  EXPECT_THAT([] { open_posix_directory("/dev/null/below"); },
              ::testing::ThrowsMessage<std::runtime_error>(
                  "the data directory /dev/null/below cannot be made: Not a directory"));
}

TEST_F(PosixDirectoryTest, FilesAreWrittenReadRenamedAndListed) {
  const auto directory = open_posix_directory(path_ + "/made/below");
  auto file = directory->create("b").value();
  ASSERT_TRUE(file->write_at(3, base::bytes_of("hello")));
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(file->size().value(), 8U);
  base::Bytes bytes(100);
  EXPECT_EQ(file->read_at(4, bytes).value(), 4U);
  EXPECT_EQ(base::text_of(base::BytesView(bytes).first(4)), "ello");
  EXPECT_EQ(file->read_at(100, bytes).value(), 0U);

  ASSERT_TRUE(directory->create("a"));
  ASSERT_TRUE(directory->rename("b", "c"));
  ASSERT_TRUE(directory->sync());
  EXPECT_THAT(directory->list().value(), ElementsAre("a", "c"));
  EXPECT_FALSE(directory->open("b"));
  ASSERT_TRUE(directory->remove("a"));
  EXPECT_FALSE(directory->remove("a"));
  EXPECT_EQ(directory->open("c").value()->size().value(), 8U);
}

TEST_F(PosixDirectoryTest, AllocateTakesTheBlocksAndTruncateGivesThemBack) {
  const auto directory = open_posix_directory(path_);
  auto file = directory->create("f").value();
  ASSERT_TRUE(file->allocate(1 << 20));
  EXPECT_EQ(file->size().value(), std::size_t{1} << 20);
  struct stat info{};
  ASSERT_EQ(::stat((path_ + "/f").c_str(), &info), 0);
  EXPECT_GE(info.st_blocks * 512, 1 << 20);
  ASSERT_TRUE(file->truncate(10));
  EXPECT_EQ(file->size().value(), 10U);
  EXPECT_GT(directory->space().value().total, 0U);
}

TEST_F(PosixDirectoryTest, TheLockIsHeldUntilTheDirectoryObjectDies) {
  auto first = open_posix_directory(path_);
  ASSERT_TRUE(first->lock());
  const auto second = open_posix_directory(path_);
  EXPECT_FALSE(second->lock());
  first.reset();
  EXPECT_TRUE(second->lock());
}

TEST_F(PosixDirectoryTest, AStoreOnARealDiskComesBackAfterAKillAndAfterAClose) {
  StoreOptions options;
  options.segment_size = std::size_t{1} << 20;
  options.reserve_segments = 1;
  std::string problem;
  const std::string body(5000, 'x');
  constexpr int kMessages = 500;
  for (const bool closed : {false, true, false}) {
    auto opened = MessageStore::open(open_posix_directory(path_), options, problem);
    ASSERT_TRUE(opened) << problem;
    auto& store = **opened;
    const auto before = store.max_offset({"t", 0}).value();
    for (int i = 0; i < kMessages; ++i) {
      Record record;
      record.topic = "t";
      record.body = base::bytes_of(body);
      ASSERT_EQ(store.append(record, i).refused, Refused::none);
    }
    ASSERT_TRUE(store.write_pass());
    const auto job = store.take_sync_job();
    ASSERT_TRUE(job->run());
    store.synced(*job);
    while (const auto janitor = store.take_janitor_job()) store.done(*janitor, janitor->run());
    EXPECT_EQ(store.max_offset({"t", 0}).value(), before + kMessages);
    if (closed) ASSERT_TRUE(store.close());
  }
  auto last = MessageStore::open(open_posix_directory(path_), options, problem);
  ASSERT_TRUE(last) << problem;
  const auto entries = (*last)->entries({"t", 0}, QueueOffset{0}, 10'000).value();
  EXPECT_EQ(entries.size(), 3U * kMessages);
  base::Bytes all;
  EXPECT_EQ((*last)->read_records(entries, std::size_t{100} << 20, all).value(), entries.size());
}

}  // namespace
}  // namespace mq::storage
