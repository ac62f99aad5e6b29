#include "mq/broker/topic_table.hpp"

#include <gtest/gtest.h>

#include "mq/broker/testing_store.hpp"
#include "mq/model/record.hpp"
#include "mq/testing/faulty_disk.hpp"

namespace mq::broker {
namespace {

// One topic with one message, on the disk.
struct Deletion {
  Deletion() {
    EXPECT_TRUE(table.load({}));
    EXPECT_TRUE(table.ensure("T", 1));
    Record record;
    record.topic = "T";
    record.body = base::bytes_of("old");
    EXPECT_EQ(store->append(record, 1).refused, storage::Refused::none);
    store.sync();
  }
  testing::StoreOn<mq::testing::FaultyDisk> store;
  TopicTable table{*store, {}, 0};
};

// The process dies after any number of the bytes of a deletion were written. Whoever then deletes the topic
// again, since no answer came, must be rid of its messages.
TEST(TopicTable, ADeletionThatWasCutOffAnywhereCanBeRepeated) {
  std::size_t size = 0;
  {
    Deletion whole;
    const auto before = whole.store->end();
    ASSERT_TRUE(whole.table.remove("T"));
    size = static_cast<std::size_t>(whole.store->end().value() - before.value());
  }
  ASSERT_GT(size, 0U);
  for (std::size_t torn = 0; torn <= size; torn += 8) {
    SCOPED_TRACE(torn);
    Deletion cut;
    ASSERT_TRUE(cut.table.remove("T"));
    cut.store.disk().die_in_call(1, torn);
    ASSERT_FALSE(cut.store->write_pass());
    cut.store.crash(mq::testing::FaultyDisk::Unsynced::kept);

    TopicTable again(*cut.store, {}, 0);
    ASSERT_TRUE(again.load(cut.store->metadata()));
    ASSERT_TRUE(again.remove("T"));
    ASSERT_TRUE(again.ensure("T", 1));
    cut.store.sync();
    EXPECT_EQ(cut.store->max_offset({"T", 0}), QueueOffset{0}) << "the new topic has the old message";
  }
}

}  // namespace
}  // namespace mq::broker
