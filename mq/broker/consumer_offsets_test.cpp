#include "mq/broker/consumer_offsets.hpp"

#include <gtest/gtest.h>

#include "mq/broker/testing_store.hpp"
#include "mq/testing/faulty_disk.hpp"

namespace mq::broker {
namespace {

class ConsumerOffsetsTest : public ::testing::Test {
 protected:
  ConsumerOffsets reopened() {
    ConsumerOffsets offsets(*store_);
    offsets.load(store_->metadata());
    return offsets;
  }
  testing::StoreOn<mq::testing::FaultyDisk> store_;
  ConsumerOffsets offsets_{*store_};
  const std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
};

TEST_F(ConsumerOffsetsTest, AFlushedOffsetSurvivesAPowerCut) {
  offsets_.commit("g", {"T", 0}, QueueOffset{7});
  offsets_.commit("g", {"%RETRY%g", 0}, QueueOffset{1});
  offsets_.flush_if_due(now_);
  store_.sync();
  store_.crash();
  const auto after = reopened();
  EXPECT_EQ(after.find("g", {"T", 0}), QueueOffset{7});
  EXPECT_EQ(after.find("g", {"%RETRY%g", 0}), QueueOffset{1});
  EXPECT_EQ(after.find("g", {"T", 1}), std::nullopt);
  EXPECT_EQ(after.find("other", {"T", 0}), std::nullopt);
}

TEST_F(ConsumerOffsetsTest, AnOffsetMayGoBackwards) {
  offsets_.commit("g", {"T", 0}, QueueOffset{7});
  offsets_.commit("g", {"T", 0}, QueueOffset{3});
  EXPECT_EQ(offsets_.find("g", {"T", 0}), QueueOffset{3});
}

TEST_F(ConsumerOffsetsTest, AMovedGroupStaysWhereItIsUntilAConsumerWasTold) {
  offsets_.commit("g", {"T", 0}, QueueOffset{7});
  offsets_.reset("g", {"T", 0}, QueueOffset{3});
  EXPECT_FALSE(offsets_.commit("g", {"T", 0}, QueueOffset{8}));
  EXPECT_EQ(offsets_.find("g", {"T", 0}), QueueOffset{3});
  EXPECT_EQ(offsets_.take_reset("g", {"T", 1}), std::nullopt);
  EXPECT_EQ(offsets_.take_reset("g", {"T", 0}), QueueOffset{3});
  EXPECT_EQ(offsets_.take_reset("g", {"T", 0}), std::nullopt);
  EXPECT_TRUE(offsets_.commit("g", {"T", 0}, QueueOffset{4}));
  EXPECT_EQ(offsets_.find("g", {"T", 0}), QueueOffset{4});
}

TEST_F(ConsumerOffsetsTest, NothingIsWrittenWhenNothingChanged) {
  offsets_.commit("g", {"T", 0}, QueueOffset{7});
  offsets_.flush_if_due(now_);
  const auto end = store_->end();
  offsets_.commit("g", {"T", 0}, QueueOffset{7});
  offsets_.pulled("g", {"T", 0}, QueueOffset{9});
  EXPECT_FALSE(offsets_.dirty());
  offsets_.flush_if_due(now_ + std::chrono::hours{1});
  EXPECT_EQ(store_->end(), end);
}

TEST_F(ConsumerOffsetsTest, ChangesWithinHalfASecondGoIntoOneEntry) {
  offsets_.commit("g", {"T", 0}, QueueOffset{1});
  offsets_.flush_if_due(now_);
  const auto end = store_->end();
  offsets_.commit("g", {"T", 0}, QueueOffset{2});
  offsets_.flush_if_due(now_ + std::chrono::milliseconds{499});
  EXPECT_EQ(store_->end(), end);
  offsets_.flush_if_due(now_ + std::chrono::milliseconds{500});
  EXPECT_GT(store_->end(), end);
}

TEST_F(ConsumerOffsetsTest, ManyChangesAreWrittenInSlices) {
  const auto count = static_cast<std::int32_t>(ConsumerOffsets::kFlushMax) + 1;
  for (std::int32_t queue = 0; queue < count; ++queue) offsets_.commit("g", {"T", queue}, QueueOffset{1});
  EXPECT_TRUE(offsets_.flush_if_due(now_)) << "more to do in the next pass";
  EXPECT_TRUE(offsets_.dirty());
  EXPECT_FALSE(offsets_.flush_if_due(now_));
  EXPECT_FALSE(offsets_.dirty());
}

TEST_F(ConsumerOffsetsTest, RemovedGroupsAndTopicsStayRemoved) {
  for (const std::string group : {"g", "h"}) {
    offsets_.commit(group, {"T", 0}, QueueOffset{1});
    offsets_.commit(group, {"U", 0}, QueueOffset{1});
  }
  ASSERT_TRUE(offsets_.flush_all());
  offsets_.remove_group("g");
  offsets_.remove_topic("U");
  ASSERT_TRUE(offsets_.flush_all());
  store_.sync();
  store_.crash();
  const auto after = reopened();
  EXPECT_TRUE(after.topics_of("g").empty());
  EXPECT_EQ(after.topics_of("h"), (std::vector<std::string>{"T"}));
  EXPECT_EQ(after.groups_of("T"), (std::vector<std::string>{"h"}));
}

}  // namespace
}  // namespace mq::broker
