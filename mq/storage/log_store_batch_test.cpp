#include <gmock/gmock.h>

#include "mq/storage/store_fixture.hpp"

namespace mq::storage {
namespace {

TEST_F(StoreTest, ABatchStandsTogetherInOneSegment) {
  ASSERT_TRUE(open());
  send("t", 0, std::string(3800, 'x'));
  std::vector<Appended> appended;
  ASSERT_EQ(append_all("t", {"one", "two", "three"}, appended), Refused::none);
  ASSERT_EQ(appended.size(), 3U);
  EXPECT_EQ(appended[2].queue_offset, QueueOffset{3});
  EXPECT_EQ(appended[2].end, store_->end());
  ASSERT_TRUE(flush());
  EXPECT_EQ(file_of(appended[0].at), file_of(appended[2].at)) << "the batch began a new segment";
  EXPECT_NE(file_of(appended[0].at), file_of(LogOffset{48}));
  EXPECT_EQ(consume("t").back(), "three");
}

// Each of the first ones alone would be accepted: whoever appends one by one leaves half a batch.
TEST_F(StoreTest, ARefusedBatchLeavesNothingWhateverRefusesIt) {
  options_.undurable_max = 2000;
  ASSERT_TRUE(open());
  std::vector<Appended> appended;
  const auto refused_whole = [&](const std::vector<std::string>& bodies, Refused why) {
    const auto before = store_->end();
    EXPECT_EQ(append_all("t", bodies, appended), why);
    EXPECT_TRUE(appended.empty());
    EXPECT_EQ(store_->end(), before);
  };
  refused_whole({"fits", std::string(kBodySizeMax + 1, 'x')}, Refused::too_large);
  refused_whole({"fits", "fits", std::string(3900, 'x')}, Refused::too_large);
  EXPECT_EQ(append("t", 0, "undurable").refused, Refused::none);
  refused_whole({"fits", std::string(1900, 'x')}, Refused::busy);
  ASSERT_TRUE(flush());
  disk_.set_free_space(0);
  send("t", 0, std::string(2000, 'x'));
  refused_whole({"fits", std::string(1800, 'x')}, Refused::disk_full);
  disk_.set_free_space(std::nullopt);
  EXPECT_EQ(append_all("t", {"fits", std::string(1800, 'x')}, appended), Refused::none);
}

}  // namespace
}  // namespace mq::storage
