#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <vector>

#include "chassis/database.hpp"
#include "chassis/due_work.hpp"
#include "chassis/outbox.hpp"
#include "mq/base/clock.hpp"
#include "mq/base/ids.hpp"
#include "push-service/provider.hpp"
#include "push-service/push_store.hpp"

namespace push {

// Pause after try number `attempts` (from 1): 5 s, doubling, at most 30 min.
std::chrono::milliseconds pause_after(std::int64_t attempts);

// Sends what is written down: to the device, or as a text message when there is none. Tries until it
// worked or the news is too old to be useful.
class Sender final : public chassis::DueWork {
 public:
  Sender(chassis::Database& database, Provider& provider, chassis::Outbox& outbox, const base::Clock& clock,
         base::RandomSource random);
  boost::asio::awaitable<std::vector<Job>> due(base::Time now, std::size_t limit) override;
  boost::asio::awaitable<std::optional<base::Time>> next_due() override;

 private:
  boost::asio::awaitable<void> send(Push push);
  boost::asio::awaitable<void> give_up(Push push);

  chassis::Database& database_;
  Provider& provider_;
  chassis::Outbox& outbox_;
  const base::Clock& clock_;
  base::RandomSource random_;
};

}  // namespace push
