#include "bench/callback/effects.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <fstream>

#include "cli/event_feed.hpp"
#include "contracts/envelope.hpp"
#include "contracts/topics.hpp"
#include "mq/base/aio/with_deadline.hpp"
#include "mq/client/client.hpp"

namespace bench {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using Steady = std::chrono::steady_clock;
constexpr std::chrono::seconds kQuiet{15};  // without anything new: it will not come any more
constexpr std::chrono::milliseconds kLookEvery{500};

// Calls `each` with every entry of a ledger; its last line may be half written.
template <class Each>
void each_entry(const std::filesystem::path& file, Each each) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    boost::system::error_code error;
    const auto entry = json::parse(line, error);
    if (!error && entry.is_object()) each(entry.get_object());
  }
}

void add_latencies(const std::map<std::string, std::int64_t>& happened_ms, const std::string& order_no,
                   std::int64_t answered_us, Histogram& into, bool& missing) {
  const auto found = happened_ms.find(order_no);
  if (found == happened_ms.end()) {
    missing = true;
  } else {
    into.add((found->second * 1000 - answered_us) * 1000);
  }
}

}  // namespace

void Effects::read_ledgers(std::size_t order_no_size) {
  each_entry(folder_ / "push.jsonl", [&](const json::object& entry) {
    const std::string id(entry.at("message_id").as_string());
    if (id.ends_with("-order_paid")) {
      pushes_[id.substr(0, order_no_size)] = entry.at("at_ms").to_number<std::int64_t>() - delay_.count();
    }
  });
  each_entry(folder_ / "warehouse.jsonl", [&](const json::object& entry) {
    if (entry.at("type").as_string() == "accepted") {
      ships_[std::string(entry.at("order_no").as_string())] =
          entry.at("at_ms").to_number<std::int64_t>() - delay_.count();
    }
  });
}

asio::awaitable<void> Effects::collect(cli::RunState state, const Answers& answers) {
  if (answers.answered_us.empty()) co_return;
  mq::client::Client client(co_await asio::this_coro::executor, cli::queue_at(state.name_server));
  mq::client::Admin admin(client);
  cli::EventFeed feed(admin, {std::string(contracts::topic::kRewardEvents)},
                      [this](const mq::ReceivedMessage& message) {
                        const auto event = contracts::decode_envelope(message.body);
                        if (!event) return;
                        auto& last = rewards_[event->order_no];
                        last = std::max(last, message.store_ms);
                      });
  const auto order_no_size = answers.answered_us.begin()->first.size();
  auto last_news = Steady::now();
  for (std::size_t seen = 0;;) {
    co_await feed.look();
    read_ledgers(order_no_size);
    if (outcome(answers).missing == 0) break;
    const auto now_seen = rewards_.size() + pushes_.size() + ships_.size();
    if (std::exchange(seen, now_seen) != now_seen) last_news = Steady::now();
    if (Steady::now() - last_news > kQuiet) break;
    co_await base::sleep_for(kLookEvery);
  }
  // The last of an order's rewards may follow its first.
  co_await base::sleep_for(kLookEvery);
  co_await feed.look();
  co_await client.stop();
}

Effects::Outcome Effects::outcome(const Answers& answers) const {
  Outcome outcome;
  for (const auto& [order_no, answered_us] : answers.answered_us) {
    bool missing = false;
    add_latencies(rewards_, order_no, answered_us, outcome.rewards, missing);
    add_latencies(pushes_, order_no, answered_us, outcome.push, missing);
    add_latencies(ships_, order_no, answered_us, outcome.ship, missing);
    outcome.missing += missing ? 1 : 0;
  }
  return outcome;
}

}  // namespace bench
