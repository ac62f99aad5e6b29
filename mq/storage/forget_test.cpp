// A store that begins anew under the feet of its clients.
#include "mq/storage/store_fixture.hpp"

namespace mq::storage {
namespace {

using ForgetTest = StoreTest;

TEST_F(ForgetTest, NothingIsLeftAndOffsetsGoOn) {
  ASSERT_TRUE(open());
  for (int i = 0; i < 60; ++i) send("t", 0, std::string(200, 'x'), {.keys = "k"});
  const auto old = send("t", 0, "old", {.keys = "k"});
  const auto half = send("halves", 0, "half", {.extra = {.half = true}});
  ASSERT_TRUE(store_->put_meta({{"topic/t", "{}"}}));
  flush();
  store_->forget();
  EXPECT_EQ(store_->begin(), store_->end());
  EXPECT_EQ(store_->stats().segments, 1);
  EXPECT_TRUE(store_->metadata().empty());
  EXPECT_TRUE(store_->undecided_halves().empty());
  EXPECT_TRUE(store_->pending_timers().empty());
  EXPECT_FALSE(store_->is_undecided(half.at));
  base::Bytes record;
  EXPECT_FALSE(store_->read_record(old.at, record)) << "an old id names nothing";
  EXPECT_TRUE(store_->find_key("t", "k", 0, kForever, 10)->empty());
  EXPECT_EQ(store_->min_offset({"t", 0}), QueueOffset{61});
  EXPECT_EQ(store_->max_offset({"t", 0}), QueueOffset{61});
  EXPECT_EQ(store_->first_offset({"t", 0}), QueueOffset{61});
  EXPECT_EQ(store_->first_offset({"never", 0}), QueueOffset{0});

  const auto young = send("t", 0, "young", {.keys = "k"});
  EXPECT_EQ(young.queue_offset, QueueOffset{61});
  EXPECT_GT(young.at, old.at);
  EXPECT_EQ(store_->min_offset({"t", 0}), QueueOffset{61});
  EXPECT_EQ(store_->find_key("t", "k", 0, kForever, 10)->size(), 1);
  EXPECT_TRUE(store_->read_record(young.at, record));
}

TEST_F(ForgetTest, TheLogGoesOnOverSegmentsIndexesAndFurtherTimes) {
  ASSERT_TRUE(open());
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 40; ++i) send("t", i % 3, std::string(200, 'x'), {.keys = "k"});
    if (round % 2 == 0) tidy();  // with indexes that are written before, and after
    store_->forget();
    tidy();
    EXPECT_EQ(store_->stats().segments, 1);
    EXPECT_TRUE(store_->take_arrivals().empty());
  }
  for (int i = 0; i < 60; ++i) send("t", 0, std::string(200, 'x'), {.keys = "k"});
  tidy();
  const auto first = store_->first_offset({"t", 0});
  EXPECT_EQ(store_->min_offset({"t", 0}), first);
  EXPECT_EQ(store_->entries({"t", 0}, first, 100)->size(), 60);
  EXPECT_EQ(store_->find_key("t", "k", 0, kForever, 100)->size(), 60);
}

}  // namespace
}  // namespace mq::storage
