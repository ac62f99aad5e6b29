// Random pops, acknowledgements and crashes: what was stored and not acknowledged always comes, in the end.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "mq/broker/pop/popper.hpp"
#include "mq/broker/pop/revival.hpp"
#include "mq/broker/testing_store.hpp"
#include "mq/model/properties.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::broker {
namespace {

constexpr auto kNoHurry = std::chrono::steady_clock::time_point::max();
constexpr std::int32_t kQueues = 3;

// What one process knows, on a store that outlives it.
struct Process {
  Process(storage::MessageStore& store, const base::Clock& clock)
      : store(store),
        stats(clock),
        topics(store, {}, 0),
        clients({}),
        offsets(store),
        recalls(store),
        timers(store, clock, recalls),
        checks({store, clock, clients, topics}, {}, {}),
        writer(store, clock, timers, checks, stats, {}),
        reader(store),
        ledger(store, offsets, clock),
        popper({topics, offsets, store, reader, ledger}, "broker-a",
               [](const PullQuery&, const PullResult&, std::size_t) {}),
        revival({store, topics, writer, ledger}, [](std::string_view, const QueueId&) {}) {
    const auto metadata = store.metadata();
    offsets.load(metadata);
    ledger.load(metadata);
    if (!topics.load(metadata)) throw std::runtime_error("no topics");
    TopicConfig topic;
    topic.topic = "T";
    topic.read_queues = topic.write_queues = kQueues;
    if (!topics.put(topic)) throw std::runtime_error("no topic");
  }

  storage::MessageStore& store;
  Stats stats;
  TopicTable topics;
  ClientRegistry clients;
  ConsumerOffsets offsets;
  Recalls recalls;
  Timers timers;
  TransactionChecks checks;
  MessageWriter writer;
  PullReader reader;
  PopLedger ledger;
  Popper popper;
  Revival revival;
};

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed) { begin(); }

  void run() {
    for (int step = 0; step < 400; ++step) {
      switch (draw(12)) {
        case 0:
        case 1:
          send();
          break;
        case 2:
          sync();
          break;
        case 3:
        case 4:
          pop(draw(300));
          break;
        case 5:
        case 6:
          acknowledge();
          break;
        case 7:
          change();
          break;
        case 8:
          clock_.advance(std::chrono::milliseconds{draw(200)});
          break;
        case 9:
          process_->revival.run(kNoHurry);
          break;
        case 10:
          flush();
          break;
        default:
          if (draw(8) == 0) crash();
      }
    }
    crash();
    drain();
  }

  // Stored, never acknowledged, and never seen after the last crash.
  [[nodiscard]] std::set<std::string> lost() const {
    std::set<std::string> lost;
    for (const auto& body : durable_) {
      if (!acknowledged_.contains(body) && !drained_.contains(body)) lost.insert(body);
    }
    return lost;
  }

 private:
  struct Held {
    QueueId queue;
    QueueOffset offset;
    std::int64_t pop_ms = 0;
    std::string body;
  };
  std::uint64_t draw(std::uint64_t below) { return random_() % below; }

  void begin() { process_ = std::make_unique<Process>(*store_, clock_); }
  void crash() {
    process_.reset();
    store_.crash_at_random(draw(1U << 30));
    begin();
    held_.clear();
    fresh_.clear();
  }
  void send() {
    const auto body = std::to_string(++last_);
    Record record;
    record.topic = "T";
    record.queue = static_cast<std::int32_t>(draw(kQueues));
    record.body = base::bytes_of(body);
    std::string properties;
    const auto written = process_->writer.write(record, properties, {});
    if (written.refused.code == response_code::kSuccess) fresh_.insert(body);
  }
  void sync() {
    store_.sync();
    durable_.merge(fresh_);
    fresh_.clear();
  }
  void flush() {
    EXPECT_TRUE(process_->ledger.flush_all());
    EXPECT_TRUE(process_->offsets.flush_all());
  }
  std::vector<Held> pop(std::uint64_t invisible_ms) {
    PopQuery query;
    query.group = "g";
    query.topic = "T";
    query.count_max = 1 + draw(8);
    query.invisible_ms = static_cast<std::int64_t>(invisible_ms);
    base::Bytes out;
    const auto popped = process_->popper.pop(query, out);
    std::vector<Held> got;
    for (base::BytesView left(out); !left.empty();) {
      const auto decoded = decode_record(left);
      const auto& record = decoded->record;
      const bool retried = find_property(record.properties, property::kPopCheckpoint).has_value();
      got.push_back({{retried ? "%RETRY%g_T" : "T", record.queue},
                     record.queue_offset,
                     popped.pop_ms,
                     std::string(base::text_of(record.body))});
      left = left.subspan(decoded->size);
    }
    held_.insert(held_.end(), got.begin(), got.end());
    return got;
  }
  bool acknowledge(const Held& held) {
    return process_->ledger.acknowledge({"g", held.queue, held.offset, held.pop_ms, false});
  }
  void acknowledge() {
    if (held_.empty()) return;
    const auto at = held_.begin() + static_cast<std::ptrdiff_t>(draw(held_.size()));
    // Of one whose receipt is void nothing is known: it comes again.
    if (acknowledge(*at)) acknowledged_.insert(at->body);
    held_.erase(at);
  }
  void change() {
    if (held_.empty()) return;
    auto& held = held_[draw(held_.size())];
    const auto now = process_->ledger.now_ms();
    const auto visible = now + static_cast<std::int64_t>(draw(300));
    if (process_->ledger.change({"g", held.queue, held.offset, held.pop_ms, false}, now, visible)) {
      held.pop_ms = now;
    }
  }
  void drain() {
    for (int idle = 0; idle < 3;) {
      clock_.advance(std::chrono::seconds{1});
      process_->revival.run(kNoHurry);
      store_.sync();
      const auto got = pop(500);
      for (const auto& held : got) {
        drained_.insert(held.body);
        EXPECT_TRUE(acknowledge(held));
      }
      idle = got.empty() ? idle + 1 : 0;
    }
  }

  std::mt19937_64 random_;
  mq::testing::ManualClock clock_;
  testing::StoreOn<mq::testing::FaultyDisk> store_;
  std::unique_ptr<Process> process_;
  int last_ = 0;
  std::set<std::string> fresh_;  // stored, not durable yet
  std::set<std::string> durable_;
  std::set<std::string> acknowledged_;
  std::set<std::string> drained_;
  std::vector<Held> held_;
};

TEST(PopProperty, NothingThatIsNotAcknowledgedIsEverLost) {
  const auto* const wanted = std::getenv("SLUICE_SEEDS");  // NOLINT(concurrency-mt-unsafe): one thread
  const auto seeds = wanted == nullptr ? 60 : std::atoi(wanted);
  for (int seed = 1; seed <= seeds; ++seed) {
    Life life(static_cast<std::uint64_t>(seed));
    life.run();
    EXPECT_EQ(life.lost(), std::set<std::string>()) << "seed " << seed;
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace mq::broker
