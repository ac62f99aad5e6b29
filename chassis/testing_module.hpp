#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "chassis/outbox.hpp"
#include "chassis/testing_database.hpp"
#include "chassis/testing_events.hpp"
#include "chassis/testing_service.hpp"

namespace chassis::testing {

// The ground that a service's tests stand on: its database, an outbox that keeps what it would send, a
// process to run in. Derived fixtures build the parts as members. Every test ends in the audit.
class ModuleTest : public ::testing::Test {
 protected:
  // What must not be there, as a query that counts it.
  struct Rule {
    std::string what, sql;
  };

  explicit ModuleTest(const std::string& module)
      : database_(schema_of(module), read_migrations(built_in_migrations(module))) {}

  // Fixtures that need more before the start do it first and then call this.
  void SetUp() override { host_.start(); }
  void TearDown() override {
    host_.stop();
    for (const auto& broken : audit()) ADD_FAILURE() << broken;
  }

  [[nodiscard]] virtual std::vector<Rule> rules() const = 0;

  // The rules that are broken now, each with its number of breaks.
  std::vector<std::string> audit() {
    std::vector<std::string> broken;
    for (const auto& rule : rules()) {
      if (const auto n = number(rule.sql); n != 0) broken.push_back(std::to_string(n) + " × " + rule.what);
    }
    return broken;
  }

  // A control has shown that the audit sees its damage: clears the tables, so that the test may end.
  void forget(const std::string& tables) { database_.execute("TRUNCATE " + tables); }

  // Takes the first guard away: from here on every repeat is handled as if it were new.
  void drop_inbox_key() { database_.execute("ALTER TABLE inbox DROP CONSTRAINT inbox_pkey"); }

  std::int64_t number(const std::string& sql) { return database_.number(sql); }
  std::int64_t count(const std::string& from) { return number("SELECT count(*) AS n FROM " + from); }

  // What waits to be sent, in order.
  std::vector<contracts::Envelope> outgoing() {
    std::vector<contracts::Envelope> events;
    for (const auto& row : database_.query("SELECT body FROM outbox ORDER BY id").rows)
      events.push_back(contracts::decode_envelope(row.text("body")).value());
    return events;
  }

  TestService host_;
  TestDatabase database_;
  Database pool_{host_.service().executor(), [this] {
                   auto options = database_.options();
                   options.connections = 8;
                   return options;
                 }()};
  Outbox outbox_{pool_, [](OutgoingMessage) -> boost::asio::awaitable<void> {
                   throw std::logic_error("nobody relays in these tests");
                   co_return;
                 }};

 private:
  static std::string schema_of(std::string module) {
    std::ranges::replace(module, '-', '_');
    return module;
  }
};

}  // namespace chassis::testing
