// What is missing of a store's files is never taken for a store that had less.
#include <gmock/gmock.h>

#include "mq/storage/store_fixture.hpp"

namespace mq::storage {
namespace {

using ::testing::HasSubstr;
using MissingFilesTest = StoreTest;
constexpr const char* kFirstLog = "00000000000000000000.log";

TEST_F(MissingFilesTest, AMissingSegmentIsRefusedWithItsPlace) {
  ASSERT_TRUE(open());
  for (int i = 0; i < 60; ++i) send("t", 0, std::string(200, 'x'));
  kill();
  ASSERT_GE(disk_.names().size(), 4U);
  const auto second = disk_.content("00000000000000004096.log");
  disk_.erase("00000000000000004096.log");
  EXPECT_FALSE(open());
  EXPECT_THAT(problem_, HasSubstr("gap"));
  EXPECT_THAT(problem_, HasSubstr("4096"));
  disk_.set_content("00000000000000004096.log", {second.begin(), second.end() - 8});
  EXPECT_FALSE(open());
  disk_.set_content("00000000000000004096.log", second);
  EXPECT_TRUE(open()) << problem_;
}

TEST_F(MissingFilesTest, ALogThatIsShorterThanItsCheckpointSaysIsRefused) {
  ASSERT_TRUE(open());
  for (int i = 0; i < 10; ++i) send("t", 0, std::string(200, 'x'));
  ASSERT_TRUE(store_->close());
  kill();
  const auto whole = disk_.content(kFirstLog);
  // Where an entry may begin, so that what is left looks like a log.
  for (std::ptrdiff_t size = 48; size < 10 * 200; size += 8) {
    disk_.set_content(kFirstLog, {whole.begin(), whole.begin() + size});
    ASSERT_FALSE(open()) << size;
    EXPECT_THAT(problem_, HasSubstr(kFirstLog));
    kill();
  }
  disk_.set_content(kFirstLog, whole);
  EXPECT_TRUE(open()) << problem_;
}

TEST_F(MissingFilesTest, ALogThatIsGoneIsNotSilentlyStartedAnew) {
  ASSERT_TRUE(open());
  send("t", 0, "x");
  kill();
  disk_.erase(kFirstLog);
  EXPECT_FALSE(open());
  EXPECT_THAT(problem_, HasSubstr("no log"));
}

// Writes a valid entry of `type` at the end of the log, as a later version might.

}  // namespace
}  // namespace mq::storage
