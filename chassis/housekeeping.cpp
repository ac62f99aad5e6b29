#include "chassis/housekeeping.hpp"

#include "chassis/idempotency.hpp"
#include "chassis/inbox.hpp"
#include "mq/base/log.hpp"

namespace chassis {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 1h;
constexpr auto kAfterFailure = 1min;

// False when the database did not let us. Dropping a partition needs a strong lock, so no delete is in its
// transaction; and a day of many orders is deleted in many.
boost::asio::awaitable<bool> tidy_up(Database& database) {
  const auto inbox = [](Transaction& tx) { maintain_inbox(tx); };
  const auto keys = [](Transaction& tx) { return prune_idempotency(tx); };
  try {
    co_await database.transact(inbox);
    while (co_await database.transact(keys)) continue;
    co_return true;
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::asio::error::operation_aborted) throw;
    base::log("housekeeping")->warn("postponed why={}", base::log_quoted(error.what()));
  } catch (const std::runtime_error& error) {  // SqlError, DatabaseDown, InDoubt
    base::log("housekeeping")->warn("postponed why={}", base::log_quoted(error.what()));
  }
  co_return false;
}

}  // namespace

boost::asio::awaitable<void> keep_house(Database& database) {
  for (;;) {
    const bool done = co_await tidy_up(database);
    const std::chrono::seconds pause =
        done ? std::chrono::seconds(kInterval) : std::chrono::seconds(kAfterFailure);
    co_await base::sleep_for(pause);
  }
}

}  // namespace chassis
