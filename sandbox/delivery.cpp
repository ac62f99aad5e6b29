#include "sandbox/delivery.hpp"

namespace sandbox {

Deliveries::Deliveries(const base::Clock& clock, std::span<const std::chrono::milliseconds> pauses, Send send,
                       Ended ended)
    : clock_(clock),
      pauses_(pauses.begin(), pauses.end()),
      send_(std::move(send)),
      ended_(std::move(ended)) {}

void Deliveries::owe(const std::string& key, base::Time first) { plan(key, first); }

void Deliveries::plan(const std::string& key, base::Time at) {
  auto& owed = owed_[key];
  by_time_.erase({owed.at, key});
  owed.at = at;
  by_time_.insert({at, key});
}

boost::asio::awaitable<std::vector<chassis::DueWork::Job>> Deliveries::due(base::Time now,
                                                                           std::size_t limit) {
  std::vector<Job> jobs;
  for (const auto& [at, key] : by_time_) {
    if (at > now || jobs.size() == limit) break;
    jobs.push_back({key, [this, key] { return deliver(key); }});
  }
  co_return jobs;
}

boost::asio::awaitable<std::optional<base::Time>> Deliveries::next_due() {
  if (by_time_.empty()) co_return std::nullopt;
  co_return by_time_.begin()->first;
}

boost::asio::awaitable<void> Deliveries::deliver(std::string key) {
  const bool taken = co_await send_(key);
  auto& owed = owed_.at(key);
  const auto tries = ++owed.tries;
  if (!taken && tries <= pauses_.size()) {
    plan(key, clock_.now() + pauses_[tries - 1]);
    co_return;
  }
  by_time_.erase({owed.at, key});
  owed_.erase(key);
  ended_(key, taken);
}

}  // namespace sandbox
