#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/clock.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/model/record.hpp"
#include "mq/protocol/command.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

struct CheckOptions {
  std::chrono::milliseconds timeout = std::chrono::seconds{6};    // age of a half message at its first check
  std::chrono::milliseconds interval = std::chrono::seconds{30};  // between two checks of one
  int times_max = 15;
  std::string broker = "broker-a";
};

// Asks producers about half messages that nobody has decided (rocketmq-wire.md 4.9): one member of the
// producer group gets a check, in turn, and answers with END_TRANSACTION. A message that is not decided
// after the last check is parked: it becomes visible in TRANS_CHECK_MAX_TIME_TOPIC, and is decided by that.
//
// Checks are counted since the broker's start. A check that no producer was there to hear counts too.
// Invariant: whether a message is undecided is the store's to say; what waits here may be decided already.
// Thread rule: the hot thread. Times are steady: moving the business clock asks nobody earlier.
class TransactionChecks {
 public:
  using Now = std::chrono::steady_clock::time_point;
  using Send = std::function<void(net::ConnectionKey, const protocol::Command& oneway_request)>;

  struct Shared {  // what it works with
    storage::MessageStore& store;
    const base::Clock& clock;
    const ClientRegistry& clients;
    TopicTable& topics;
  };
  TransactionChecks(const Shared& shared, Send send, CheckOptions options)
      : shared_(shared), send_(std::move(send)), options_(std::move(options)) {}

  // What was undecided when the broker started.
  void load(const std::vector<LogOffset>& halves);
  // A half message was appended.
  void add(LogOffset half);

  // Asks about what is due, until `until`. True when more is due.
  bool run(Now until);
  [[nodiscard]] std::optional<Now> next() const;

  // Of checks from now on; one that is planned keeps its time.
  void every(std::chrono::milliseconds interval) { options_.interval = interval; }
  void at_most(int times) { options_.times_max = times; }

  // Undecided durable ones, oldest first; when more than `look_max` wait, not all of them are looked at.
  struct Waiting {
    LogOffset half;
    int checks = 0;
    Now next_check;
  };
  [[nodiscard]] std::vector<Waiting> waiting(std::size_t look_max) const;

  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t parked() const { return parked_; }

 private:
  struct Young {
    LogOffset half;
    Now since;
  };
  struct Asked {
    LogOffset half;
    Now since;
    int times = 0;
  };
  bool grow_up(Now now, Now until);  // true when its time was over before its work
  void check(Asked asked, Now now);
  bool park(LogOffset half, Record record);
  void ask(LogOffset half, const Record& record, int times);
  void again(const Asked& asked, Now at) { asked_.emplace(at, asked); }

  Shared shared_;
  Send send_;
  CheckOptions options_;
  std::deque<Young> young_;          // oldest first
  std::multimap<Now, Asked> asked_;  // by the time of the next check
  std::size_t turn_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t parked_ = 0;
  base::Bytes record_;      // scratch
  std::string properties_;  // scratch
};

// What CHECK_IMMUNITY_TIME_IN_SECONDS says; `standard` when it says nothing that makes sense.
std::chrono::milliseconds check_immunity(std::string_view properties, std::chrono::milliseconds standard);

}  // namespace mq::broker
