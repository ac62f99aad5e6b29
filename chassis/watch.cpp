#include "chassis/watch.hpp"

#include <memory>

#include "mq/base/aio/with_deadline.hpp"

namespace chassis {
namespace {
using namespace std::chrono_literals;
namespace asio = boost::asio;

enum class Seen { nothing_yet, alive, dead };

asio::awaitable<void> look_after(Database& database, std::shared_ptr<Seen> seen) {
  for (;;) {
    *seen = co_await database.alive() ? Seen::alive : Seen::dead;
    // A start waits for the first good answer; later a second of delay costs nothing.
    co_await base::sleep_for(*seen == Seen::alive ? 1s : 200ms);
  }
}

void write_metrics(Metrics& metrics, const Database::Stats& stats) {
  metrics.count_to("database_transactions_total", "Transactions committed", {},
                   static_cast<double>(stats.transactions));
  metrics.count_to("database_rolled_back_total", "Transactions rolled back", {},
                   static_cast<double>(stats.rolled_back));
  metrics.count_to("database_retried_total", "Transactions run again, after a deadlock or in doubt", {},
                   static_cast<double>(stats.retried));
  metrics.count_to("database_in_doubt_total", "Commits whose outcome was in doubt", {},
                   static_cast<double>(stats.in_doubt));
  metrics.count_to("database_broken_connections_total", "Connections thrown away", {},
                   static_cast<double>(stats.broken));
  metrics.set("database_busy_connections", "Connections at work", {}, static_cast<double>(stats.busy));
  metrics.set("database_waiting_transactions", "Transactions that wait for a connection", {},
              static_cast<double>(stats.waiting));
}

}  // namespace

void watch(Service& service, Database& database) {
  auto seen = std::make_shared<Seen>(Seen::nothing_yet);
  service.ready_when({"database", [seen]() -> std::string {
                        switch (*seen) {
                          case Seen::alive:
                            return {};
                          case Seen::dead:
                            return "it does not answer";
                          case Seen::nothing_yet:
                            return "not asked yet";
                        }
                        return {};
                      }});
  service.metrics().on_scrape([&database](Metrics& metrics) { write_metrics(metrics, database.stats()); });
  service.tasks().spawn("database check", look_after(database, seen));
}

void watch(Service& service, Outbox& outbox) {
  service.idle_when({"outbox", [&outbox]() -> std::string {
                       const auto unsent = outbox.stats().unsent;
                       return unsent == 0 ? "" : std::to_string(unsent) + " unsent";
                     }});
  service.metrics().on_scrape([&outbox](Metrics& metrics) {
    const auto stats = outbox.stats();
    metrics.count_to("outbox_sent_total", "Messages sent", {}, static_cast<double>(stats.sent));
    metrics.count_to("outbox_failed_total", "Sends that failed", {}, static_cast<double>(stats.failed));
    metrics.set("outbox_unsent", "Rows that wait to be sent", {}, static_cast<double>(stats.unsent));
    metrics.set("outbox_lag_seconds", "Age of the oldest unsent row", {},
                std::chrono::duration<double>(stats.oldest).count());
  });
}

}  // namespace chassis
