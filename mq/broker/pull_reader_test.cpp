#include "mq/broker/pull_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mq/broker/pull_answer.hpp"
#include "mq/broker/testing_store.hpp"
#include "mq/model/record.hpp"
#include "mq/testing/faulty_disk.hpp"

namespace mq::broker {
namespace {

class PullReaderTest : public ::testing::Test {
 protected:
  void append(const std::string& tag, std::size_t body_size = 4) {
    Record record;
    const std::string body(body_size, 'b');
    const auto properties = tag.empty() ? std::string() : "TAGS\x01" + tag + "\x02";
    record.topic = "T";
    record.body = base::bytes_of(body);
    record.properties = properties;
    ASSERT_EQ(store_->append(record, 1).refused, storage::Refused::none);
  }
  PullResult pull(std::int64_t from, const std::string& expression = "*", std::size_t count_max = 32) {
    query_.queue = {"T", 0};
    query_.from = QueueOffset{from};
    query_.count_max = count_max;
    query_.filter = parse_filter("TAG", expression).filter;
    out_.clear();
    return reader_.read(query_, out_);
  }
  testing::StoreOn<mq::testing::FaultyDisk> store_;
  PullReader reader_{*store_};
  PullQuery query_;
  base::Bytes out_;
};

TEST_F(PullReaderTest, EveryRowOfTheTableHasItsCode) {
  struct Row {
    std::int64_t from;
    PullStatus status;
    std::int32_t code;
    std::int64_t next;
  };
  for (const auto& row : std::vector<Row>{{0, PullStatus::no_message_in_queue, 19, 0},
                                          {5, PullStatus::no_message_in_queue, 21, 0},
                                          {-1, PullStatus::no_message_in_queue, 21, 0}}) {
    const auto result = pull(row.from);
    EXPECT_EQ(result.status, row.status);
    EXPECT_EQ(code_of(result, QueueOffset{row.from}), row.code) << "empty queue, offset " << row.from;
    EXPECT_EQ(result.next, QueueOffset{row.next});
  }
  append("A");
  append("B");
  store_.sync();
  for (const auto& row : std::vector<Row>{{0, PullStatus::found, 0, 2},
                                          {1, PullStatus::found, 0, 2},
                                          {2, PullStatus::offset_overflow_one, 19, 2},
                                          {3, PullStatus::offset_overflow_badly, 21, 2},
                                          {-1, PullStatus::offset_too_small, 21, 0}}) {
    const auto result = pull(row.from);
    EXPECT_EQ(result.status, row.status);
    EXPECT_EQ(code_of(result, QueueOffset{row.from}), row.code) << "offset " << row.from;
    EXPECT_EQ(result.next, QueueOffset{row.next});
  }
  EXPECT_EQ(code_of(pull(0, "C"), QueueOffset{0}), 20);
}

TEST_F(PullReaderTest, NothingAboveTheDurableWatermarkIsSeen) {
  append("A");
  EXPECT_EQ(pull(0).status, PullStatus::no_message_in_queue);
  ASSERT_TRUE(store_->write_pass());
  EXPECT_EQ(pull(0).status, PullStatus::no_message_in_queue) << "written is not durable";
  store_.sync();
  EXPECT_EQ(pull(0).status, PullStatus::found);
  append("B");
  EXPECT_EQ(pull(0).count, 1U);
  EXPECT_EQ(pull(0).max, QueueOffset{1});
}

TEST_F(PullReaderTest, AFilterTakesWhatItMatchesAndSaysHowFarItLooked) {
  for (const auto* tag : {"A", "B", "A", "", "B"}) append(tag);
  store_.sync();
  const auto result = pull(0, "A");
  EXPECT_EQ(result.count, 2U);
  EXPECT_EQ(result.next, QueueOffset{5});
  EXPECT_EQ(pull(3, "A").status, PullStatus::no_matched_message);
  EXPECT_EQ(pull(3, "A").next, QueueOffset{5});
  const auto one = pull(0, "A", 1);
  EXPECT_EQ(one.count, 1U);
  EXPECT_LE(one.next, QueueOffset{2}) << "must not pass over the second match";
}

TEST_F(PullReaderTest, TagsWithEqualHashesAreToldApart) {
  append("BB");
  append("Aa");
  store_.sync();
  const auto result = pull(0, "Aa");
  EXPECT_EQ(result.count, 1U);
  EXPECT_EQ(result.next, QueueOffset{2});
  EXPECT_NE(base::text_of(out_).find("Aa"), std::string_view::npos);
  EXPECT_EQ(base::text_of(out_).find("BB"), std::string_view::npos);
}

TEST_F(PullReaderTest, ASelectiveFilterGivesUpAfterEightHundredEntriesWithProgress) {
  for (std::size_t i = 0; i < PullReader::kScanMax + 10; ++i) append("A");
  append("B");
  store_.sync();
  const auto first = pull(0, "B");
  EXPECT_EQ(first.status, PullStatus::no_matched_message);
  EXPECT_EQ(first.next, QueueOffset{PullReader::kScanMax});
  EXPECT_EQ(pull(first.next.value(), "B").count, 1U);
}

TEST_F(PullReaderTest, AnIndexThatCannotBeReadNowSkipsNothing) {
  for (int i = 0; i < 12; ++i) {
    append("A", 1 << 20);
    store_.sync();
  }
  while (const auto job = store_->take_janitor_job()) store_->done(*job, job->run());
  store_.disk().fail_reads(true);
  const auto failed = pull(0);
  EXPECT_EQ(failed.status, PullStatus::unreadable);
  EXPECT_EQ(failed.next, QueueOffset{0});
  EXPECT_EQ(code_of(failed, QueueOffset{0}), response_code::kSystemError);
  store_.disk().fail_reads(false);
  EXPECT_EQ(pull(0).status, PullStatus::found);
}

TEST_F(PullReaderTest, LimitsHoldButOneMessageAlwaysComes) {
  append("A", 300'000);
  append("A", 300'000);
  append("A", 10);
  store_.sync();
  EXPECT_EQ(pull(0).count, 1U) << "256 KB hold no second one";
  EXPECT_EQ(pull(0, "A").count, 1U);
  EXPECT_EQ(pull(2, "*", 1).count, 1U);
  query_.bytes_max = 1;
  EXPECT_EQ(pull(0).count, 1U);
  EXPECT_EQ(pull(0, "A").count, 1U);
}

TEST_F(PullReaderTest, AHeldPullSkipsWhatItsFilterCannotMatch) {
  append("A");
  append("A");
  store_.sync();
  pull(0, "B");
  EXPECT_FALSE(reader_.skip_to_match(query_));
  EXPECT_EQ(query_.from, QueueOffset{2});
  append("B");
  store_.sync();
  EXPECT_TRUE(reader_.skip_to_match(query_));
  EXPECT_EQ(query_.from, QueueOffset{2});
}

// The next arrival may be hours away: what stands behind the limit must not wait for it.
TEST_F(PullReaderTest, AHeldPullIsAnsweredWhenMoreCameThanCanBeLookedAt) {
  for (std::size_t i = 0; i < PullReader::kScanMax; ++i) append("A");
  store_.sync();
  pull(0, "B");
  EXPECT_FALSE(reader_.skip_to_match(query_));
  for (std::size_t i = 0; i < PullReader::kScanMax; ++i) append("A");
  append("B");
  store_.sync();
  EXPECT_TRUE(reader_.skip_to_match(query_));
  EXPECT_EQ(query_.from, QueueOffset{2 * PullReader::kScanMax});
}

}  // namespace
}  // namespace mq::broker
