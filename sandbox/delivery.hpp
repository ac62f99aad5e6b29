#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "chassis/due_work.hpp"
#include "mq/base/clock.hpp"

namespace sandbox {

// Calls that a party owes to somebody: sent, and sent again on the party's schedule until they are
// taken or the schedule ends. Due times are on the business clock.
class Deliveries final : public chassis::DueWork {
 public:
  // One try; true when the receiver took it.
  using Send = std::function<boost::asio::awaitable<bool>(std::string key)>;
  // Called when a call was taken or given up.
  using Ended = std::function<void(const std::string& key, bool taken)>;

  // `pauses[n]` is the wait after try n (from 0).
  Deliveries(const base::Clock& clock, std::span<const std::chrono::milliseconds> pauses, Send send,
             Ended ended);

  void owe(const std::string& key, base::Time first);
  boost::asio::awaitable<std::vector<Job>> due(base::Time now, std::size_t limit) override;
  boost::asio::awaitable<std::optional<base::Time>> next_due() override;

 private:
  boost::asio::awaitable<void> deliver(std::string key);
  void plan(const std::string& key, base::Time at);

  const base::Clock& clock_;
  std::vector<std::chrono::milliseconds> pauses_;
  Send send_;
  Ended ended_;
  struct Owed {
    base::Time at;
    std::size_t tries = 0;
  };
  std::map<std::string, Owed> owed_;
  std::set<std::pair<base::Time, std::string>> by_time_;
};

}  // namespace sandbox
