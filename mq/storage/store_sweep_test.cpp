// One fixed script, and the process dies in its first, second … last changing call, each time with
// another torn length and another kind of end. Whatever was acknowledged is there afterwards, and the
// store goes on.
#include "mq/storage/store_fixture.hpp"
#include "mq/storage/store_model.hpp"

namespace mq::storage {
namespace {

enum class End { killed, power_cut, power_cut_at_random };

class Sweep : public StoreTest {
 public:
  void TestBody() override {}

  // False when the script ended before the process died.
  bool run(std::uint64_t call, std::size_t torn, End end) {
    options_.segment_size = 2048;
    options_.reserve_segments = 1;
    options_.checkpoint_every = 1500;
    options_.shared_body_min = 1;
    disk_.die_in_call(call, torn);
    if (open()) script();
    const bool died = disk_.died();
    store_.reset();
    if (end == End::killed) disk_.kill();
    if (end == End::power_cut) disk_.power_cut(testing::FaultyDisk::Unsynced::lost);
    if (end == End::power_cut_at_random) disk_.power_cut_at_random(call);
    for (int restart = 0; restart < 2; ++restart) check();
    return died;
  }

 private:
  void script() {
    for (int round = 0; round < 6; ++round) {
      for (int i = 0; i < 3; ++i) message("t", i % 2, std::string(150, 'x'), {});
      message("timers", 0, "later", {.timer_due_ms = 1000 + round});
      message("halves", 0, "undecided", {.half = true});
      metadata("offset/g/t/0", std::to_string(round));
      acknowledge();
      const auto pending = model_.pending(store_->durable());
      if (!pending.empty()) deliver(pending.front().origin);
      decide(round);
      if (round == 3) remove_topic("t");
      acknowledge();
      tidy();
      store_->retain(0, 12000);
      tidy();
    }
    if (store_->close()) acknowledged_ = store_->end();
  }

  void deliver(LogOffset timer) { message("t", 0, "later", {.timer_origin = timer, .body_at = timer}); }

  void message(const std::string& topic, std::int32_t queue, const std::string& body,
               const MessageStore::AppendExtra& extra) {
    const auto shared_before = store_->stats().shared_bodies;
    const auto done = append(topic, queue, body, {.keys = "k", .extra = extra});
    if (done.refused != Refused::none) return;
    StoreModel::Message message;
    message.queue = {topic, queue};
    message.body = body;
    message.key = "k";
    message.store_ms = done.store_ms;
    message.offset = done.queue_offset;
    message.at = done.at;
    if (extra.timer_due_ms) message.due_ms = done.timer_due_ms;
    message.half = extra.half;
    message.decides = extra.half_origin;
    if (extra.timer_origin) message.delivers = PendingTimer{0, *extra.timer_origin};
    if (store_->stats().shared_bodies > shared_before) message.holder = extra.body_at;
    model_.add(std::move(message), done.end);
  }
  // Every third half message stays undecided.
  void decide(int round) {
    const auto undecided = model_.undecided(store_->durable());
    if (undecided.empty() || !store_->is_undecided(undecided.back())) return;
    if (round % 3 == 0) commit(undecided.back());
    if (round % 3 != 1) return;
    if (const auto end = store_->roll_back(undecided.back())) model_.add_rollback(undecided.back(), *end);
  }
  void commit(LogOffset half) { message("t", 0, "undecided", {.half_origin = half, .body_at = half}); }
  void metadata(const std::string& key, const std::string& value) {
    const std::vector<MetaChange> changes{{key, value}};
    if (const auto end = store_->put_meta(changes)) model_.add(changes, *end);
  }
  void remove_topic(const std::string& topic) {
    if (const auto end = store_->remove_topic(topic)) model_.add_removal(topic, *end);
  }
  void acknowledge() {
    if (flush()) acknowledged_ = store_->durable();
  }

  void check() {
    ASSERT_TRUE(open()) << problem_;
    EXPECT_GE(store_->end(), acknowledged_) << "acknowledged, and lost";
    model_.cut(store_->end());
    model_.expect_equal(*store_, {"k"});
    const auto timers = store_->pending_timers();
    EXPECT_EQ(timers.size(), model_.pending(store_->end()).size());
    model_.expect_readable(*store_, timers);
    EXPECT_EQ(store_->undecided_halves(), model_.undecided(store_->end()));
    // The store goes on, and so does the next process.
    message("t", 1, "after the crash", {});
    metadata("after", "the crash");
    acknowledge();
    model_.expect_equal(*store_, {"k"});
    tidy();
    disk_.power_cut(testing::FaultyDisk::Unsynced::lost);
  }

  StoreModel model_;
  LogOffset acknowledged_;
};

TEST(StoreSweep, DeathInEveryCallLosesNothingAcknowledged) {
  for (const auto end : {End::killed, End::power_cut, End::power_cut_at_random}) {
    for (const std::size_t torn : {std::size_t{0}, std::size_t{61}, std::size_t{700}}) {
      std::uint64_t call = 1;
      bool died = true;
      for (; died && !::testing::Test::HasFailure(); ++call) {
        SCOPED_TRACE("call " + std::to_string(call) + " torn " + std::to_string(torn) + " end " +
                     std::to_string(static_cast<int>(end)));
        died = Sweep().run(call, torn, end);
      }
      EXPECT_GT(call, 100U) << "the script makes many changing calls";
    }
  }
}

}  // namespace
}  // namespace mq::storage
