// Many delayed messages, half of them due within one second. SLUICE_TIMERS=1000000 makes it the full size.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "mq/broker/message_writer.hpp"
#include "mq/broker/testing_store.hpp"
#include "mq/broker/timers.hpp"
#include "mq/model/properties.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::broker {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kDelay = 3600 * kSecond;
constexpr auto kLongOver = std::chrono::steady_clock::time_point::min();
constexpr int kSyncEvery = 1000;

int count_of_timers() {
  const auto* const asked = std::getenv("SLUICE_TIMERS");  // NOLINT(concurrency-mt-unsafe)
  return asked == nullptr ? 20'000 : std::atoi(asked);
}

double cpu_us() {
  std::timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

class TimersAtSize : public ::testing::Test {
 protected:
  void send_all(int count) {
    const std::string body(100, 'x');
    for (int i = 0; i < count; ++i) {
      Record record;
      record.topic = "T";
      record.body = base::bytes_of(body);
      const auto text = std::to_string(delay_of(i));
      std::string properties = "UNIQ_KEY\x01" + std::to_string(i) + "\x02";
      DelayWish wish;
      wish.timer_delay_ms = text;
      ASSERT_EQ(writer_.write(record, properties, wish).refused.code, response_code::kSuccess);
      if (i % kSyncEvery == 0) store_.sync();
    }
    store_.sync();
  }
  // In no order: every other one within the second after kDelay, the others a day later.
  static std::int64_t delay_of(int i) {
    return kDelay + std::int64_t{i} * 7919 % kSecond + (i % 2 == 0 ? 0 : 24 * kDelay);
  }
  // One slice after the other, each of which is over before it begins; how many there were.
  int deliver(Timers& timers) {
    int slices = 0;
    for (bool more = true; more; ++slices) {
      const auto before = timers.delivered();
      const auto started = cpu_us();
      more = timers.deliver(kLongOver);
      slowest_us_ = std::max(slowest_us_, cpu_us() - started);
      EXPECT_LE(timers.delivered(), before + 1) << "a slice that is over goes one message further";
      if (slices % kSyncEvery == 0) store_.sync();
    }
    store_.sync();
    return slices;
  }
  // The due times and keys of what has come, as consumers see it.
  void expect_each_once_in_order(int count) {
    std::vector<bool> seen(static_cast<std::size_t>(count));
    std::int64_t last = 0;
    base::Bytes bytes;
    int found = 0;
    for (auto from = QueueOffset{0}; from < store_->max_offset({"T", 0});) {
      for (const auto& entry : *store_->entries({"T", 0}, from, 1000)) {
        bytes.clear();
        ASSERT_TRUE(store_->read_record(entry.at, bytes));
        const auto record = decode_record(bytes)->record;
        const auto due = std::stoll(std::string(*find_property(record.properties, property::kTimerOutMs)));
        const auto key = std::stoul(std::string(*find_property(record.properties, property::kUniqueKey)));
        ASSERT_GE(due, last);
        ASSERT_GE(record.store_ms, due) << "early";
        ASSERT_FALSE(seen[key]) << "twice";
        seen[key] = true;
        last = due;
        from = mq::next(entry.offset);
        ++found;
      }
    }
    EXPECT_EQ(found, (count + 1) / 2);
  }

  mq::testing::ManualClock clock_;
  testing::StoreOn<mq::testing::FaultyDisk> store_;
  Recalls recalls_{*store_};
  Timers timers_{*store_, clock_, recalls_};
  Stats stats_{clock_};
  ClientRegistry clients_{{}};
  TopicTable topics_{*store_, {}, 0};
  TransactionChecks checks_{{*store_, clock_, clients_, topics_}, {}, {}};
  MessageWriter writer_{*store_, clock_, timers_, checks_, stats_, {}};
  double slowest_us_ = 0;
};

TEST_F(TimersAtSize, NoneComesEarlyAndThoseOfOneSecondComeOnceInOrderInSlices) {
  const auto count = count_of_timers();
  ASSERT_NO_FATAL_FAILURE(send_all(count));
  store_.crash();
  auto started = cpu_us();
  Timers after(*store_, clock_, recalls_);
  after.load(store_->take_pending_timers());
  std::printf("%d timers: loaded in %.1f ms of processor time\n", count, (cpu_us() - started) / 1000);
  EXPECT_EQ(after.pending(), static_cast<std::size_t>(count));
  EXPECT_TRUE(store_->pending_timers().empty()) << "they are kept once";
  clock_.advance(std::chrono::milliseconds{kDelay - 1});
  deliver(after);
  EXPECT_EQ(after.delivered(), 0U);
  clock_.advance(std::chrono::milliseconds{kSecond + 1});
  started = cpu_us();
  const auto slices = deliver(after);
  const auto took = cpu_us() - started;
  EXPECT_GE(slices, (count + 1) / 2);
  EXPECT_EQ(after.delivered(), static_cast<std::uint64_t>((count + 1) / 2));
  std::printf(
      "delivered %llu in %.0f ms of processor time, syncs to a disk in memory among it; slowest of one: %.0f "
      "us\n",
      static_cast<unsigned long long>(after.delivered()), took / 1000, slowest_us_);
  expect_each_once_in_order(count);
}

}  // namespace
}  // namespace mq::broker
