#include "chassis/outbox_backlog.hpp"

#include <gmock/gmock.h>

#include <random>

namespace chassis {
namespace {

using namespace std::chrono_literals;
using Failure = OutboxBacklog::Failure;
using Instant = OutboxBacklog::Instant;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

OutboxBacklog::Row row(std::int64_t id, const std::string& key) {
  return {id, {"topic", "tag", key, "body", std::nullopt}, base::from_millis(1000 + id)};
}

const Instant kStart = Instant{} + 1h;

struct OutboxBacklogTest : ::testing::Test {
  void load(std::vector<OutboxBacklog::Row> rows, Instant now = kStart) {
    backlog.begin_read(now);
    backlog.load(std::move(rows));
  }
  std::vector<std::int64_t> take_all() {
    std::vector<std::int64_t> ids;
    while (const auto taken = backlog.take()) {
      ids.push_back(taken->id);
      last[taken->message.key] = *taken;
    }
    return ids;
  }
  OutboxBacklog backlog;
  std::map<std::string, OutboxBacklog::Row> last;
};

TEST_F(OutboxBacklogTest, GivesOneRowPerKeyAtATime) {
  load({row(1, "a"), row(2, "a"), row(3, "b")});
  EXPECT_THAT(take_all(), ElementsAre(1, 3));
  EXPECT_THAT(take_all(), IsEmpty());
  backlog.sent(last["a"]);
  EXPECT_THAT(take_all(), ElementsAre(2));
  EXPECT_EQ(backlog.unsent(), 2U);
  EXPECT_EQ(backlog.out(), 2U);
}

TEST_F(OutboxBacklogTest, AReadLeavesOutWhatIsKnown) {
  load({row(1, "a"), row(2, "a"), row(3, "b")});
  take_all();
  backlog.sent(last["b"]);
  const auto filter = backlog.begin_read(kStart);
  EXPECT_THAT(filter.ids, ::testing::UnorderedElementsAre(1, 2, 3));
  EXPECT_THAT(filter.keys, IsEmpty());
  EXPECT_EQ(filter.limit, OutboxBacklog::kRowsMax - 2);
  backlog.deleted({3});
  EXPECT_THAT(backlog.begin_read(kStart).ids, ::testing::UnorderedElementsAre(1, 2));
}

TEST_F(OutboxBacklogTest, AFailedKeyIsHeldAndItsRowsAreReadAgain) {
  load({row(1, "a"), row(2, "a"), row(3, "b")});
  take_all();
  backlog.failed(last["a"], Failure::refused, kStart);
  EXPECT_EQ(backlog.unsent(), 1U);
  const auto held = backlog.begin_read(kStart + 199ms);
  EXPECT_THAT(held.keys, ElementsAre("a"));
  EXPECT_THAT(held.ids, ElementsAre(3));
  load({row(1, "a"), row(2, "a")}, kStart + 200ms);
  EXPECT_THAT(take_all(), ElementsAre(1));
}

TEST_F(OutboxBacklogTest, PausesGrowToALimitAndASuccessForgetsThem) {
  const auto pause_after_failure = [&](Failure why) {
    load({row(1, "a")}, kStart);
    take_all();
    backlog.failed(last["a"], why, kStart);
    auto pause = 0ms;
    while (!backlog.begin_read(kStart + pause).keys.empty()) pause += 100ms;
    return pause.count();
  };
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 9; ++i) pauses.push_back(pause_after_failure(Failure::refused));
  EXPECT_THAT(pauses, ElementsAre(200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000));
  load({row(1, "a")}, kStart);
  take_all();
  backlog.sent(last["a"]);
  EXPECT_EQ(pause_after_failure(Failure::unanswered), 1000);
  EXPECT_EQ(pause_after_failure(Failure::unanswered), 2000);
  EXPECT_EQ(pause_after_failure(Failure::unanswered), 4000);
  EXPECT_EQ(pause_after_failure(Failure::unanswered), 5000);
}

TEST_F(OutboxBacklogTest, LaterRowsOfAKeyThatFailedDuringTheReadDoNotOvertake) {
  load({row(1, "a")});
  take_all();
  backlog.begin_read(kStart);  // left out: 1
  backlog.failed(last["a"], Failure::refused, kStart);
  backlog.load({row(2, "a"), row(3, "b")});  // what that read found
  EXPECT_THAT(take_all(), ElementsAre(3));
  load({row(1, "a"), row(2, "a")}, kStart + 1s);
  EXPECT_THAT(take_all(), ElementsAre(1));
}

TEST_F(OutboxBacklogTest, ABrokerThatIsBackEndsThePausesOfWhoGotNoAnswer) {
  load({row(1, "a"), row(2, "b")});
  take_all();
  backlog.failed(last["a"], Failure::unanswered, kStart);
  backlog.failed(last["b"], Failure::refused, kStart);
  backlog.release_unanswered();
  EXPECT_THAT(backlog.begin_read(kStart).keys, ElementsAre("b"));
}

TEST_F(OutboxBacklogTest, ABusyKeyLeavesRoomForOthers) {
  std::vector<OutboxBacklog::Row> rows;
  for (int i = 0; i < 40; ++i) rows.push_back(row(i, "busy"));
  load(std::move(rows));
  EXPECT_THAT(backlog.begin_read(kStart).keys, ElementsAre("busy"));
}

TEST_F(OutboxBacklogTest, ReadsNothingMoreWhileTooManyKeysAreHeld) {
  for (std::size_t i = 0; i < OutboxBacklog::kHeldKeysMax; ++i) {
    EXPECT_GT(backlog.begin_read(kStart).limit, 0U);
    backlog.load({row(static_cast<std::int64_t>(i), "k" + std::to_string(i))});
    backlog.failed(*backlog.take(), Failure::refused, kStart);
  }
  EXPECT_EQ(backlog.begin_read(kStart).limit, 0U);
  EXPECT_GT(backlog.begin_read(kStart + 200ms).limit, 0U);
}

TEST_F(OutboxBacklogTest, GivingUpTheLeadForgetsAllButWhatIsOutOrSent) {
  load({row(1, "a"), row(2, "a"), row(3, "b"), row(4, "c")});
  take_all();
  backlog.sent(last["b"]);
  backlog.clear();
  EXPECT_EQ(backlog.unsent(), 2U);
  EXPECT_THAT(backlog.sent_ids(), ElementsAre(3));
  backlog.sent(last["a"]);
  backlog.sent(last["c"]);
  EXPECT_EQ(backlog.unsent(), 0U);
  EXPECT_THAT(take_all(), IsEmpty());
}

// A table, a reader that answers late, a broker that fails at random: whatever happens in between, the
// rows of a key are sent in id order and one at a time, and in the end all are.
TEST(OutboxBacklogProperty, KeepsTheOrderOfEveryKey) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto dice = [&](int sides) { return std::uniform_int_distribution(0, sides - 1)(random); };
    std::map<std::int64_t, std::string> table;
    for (std::int64_t id = 1; id <= 60; ++id) table[id] = std::string(1, static_cast<char>('a' + dice(4)));
    auto unsent = table;
    OutboxBacklog backlog;
    Instant now = kStart;
    std::vector<OutboxBacklog::Row> out, found;
    bool reading = false;
    for (int step = 0; step < 20000 && !unsent.empty(); ++step) {
      now += 50ms;
      if (const int what = dice(4); what == 0 && !reading) {
        const auto filter = backlog.begin_read(now);
        found.clear();
        for (const auto& [id, key] : table) {
          if (std::ranges::count(filter.ids, id) + std::ranges::count(filter.keys, key) == 0 &&
              found.size() < 7) {
            found.push_back(row(id, key));
          }
        }
        reading = true;
      } else if (what == 1 && reading) {
        backlog.load(found);
        reading = false;
        for (const auto id : std::vector(backlog.sent_ids().begin(), backlog.sent_ids().end())) {
          table.erase(id);
          backlog.deleted({id});
        }
      } else if (what == 2) {
        if (auto taken = backlog.take()) {
          const auto& key = taken->message.key;
          const auto first = std::ranges::find_if(unsent, [&](const auto& r) { return r.second == key; });
          ASSERT_EQ(first->first, taken->id) << "seed " << seed;
          for (const auto& other : out) ASSERT_NE(other.message.key, key);
          out.push_back(*std::move(taken));
        }
      } else if (what == 3 && !out.empty()) {
        const auto done = out.begin() + dice(static_cast<int>(out.size()));
        if (const int how = dice(10); how < 2) {
          backlog.failed(*done, how == 0 ? Failure::refused : Failure::unanswered, now);
        } else {
          backlog.sent(*done);
          unsent.erase(done->id);
        }
        out.erase(done);
      }
    }
    EXPECT_THAT(unsent, IsEmpty()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace chassis
