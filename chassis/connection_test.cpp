#include "chassis/connection.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>

namespace chassis {
namespace {

using namespace std::chrono_literals;

std::string keyword(const std::string& conninfo, std::string_view name) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(conninfo.c_str(), nullptr), &PQconninfoFree);
  if (!parsed) return "does not parse";
  for (const auto* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == name) return option->val == nullptr ? "" : option->val;
  }
  return "no such keyword";
}

TEST(ConnectionPlanTest, ThePasswordFileIsAKeywordWhateverItsName) {
  DatabaseOptions options;
  options.dsn = "host=/tmp dbname=x";
  EXPECT_EQ(keyword(plan_connection(options).conninfo, "passfile"), "");
  options.password_file = R"(/var/it's a \ file.pgpass)";
  EXPECT_EQ(keyword(plan_connection(options).conninfo, "passfile"), options.password_file);
}

TEST(ConnectionPlanTest, TheDsnOverrulesTheDefaults) {
  DatabaseOptions options;
  options.schema = "order";
  options.connect_timeout = 2500ms;
  EXPECT_EQ(keyword(plan_connection(options).conninfo, "connect_timeout"), "3");
  EXPECT_EQ(keyword(plan_connection(options).conninfo, "application_name"), "sluice order");
  options.dsn = "connect_timeout=9 application_name=mine";
  EXPECT_EQ(keyword(plan_connection(options).conninfo, "connect_timeout"), "9");
  EXPECT_EQ(keyword(plan_connection(options).conninfo, "application_name"), "mine");
}

TEST(ConnectionPlanTest, NamesAreQuoted) {
  EXPECT_EQ(quote_identifier("order"), R"("order")");
  EXPECT_EQ(quote_identifier(R"(a"; DROP)"), R"("a""; DROP")");
}

struct WatchdogTest : ::testing::Test {
  WatchdogTest() { ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()); }
  ~WatchdogTest() override {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  std::array<int, 2> ends{};
  Watchdog watchdog;
};

TEST_F(WatchdogTest, EndsAReadThatWouldLastForEver) {
  const Watchdog::Watch late(watchdog, std::chrono::steady_clock::now() + 1h, ends[1]);
  const Watchdog::Watch watch(watchdog, std::chrono::steady_clock::now() + 20ms, ends[0]);
  char byte = 0;
  EXPECT_EQ(::recv(ends[0], &byte, 1, 0), 0);
}

TEST_F(WatchdogTest, LeavesASocketAloneWhoseWatchEnded) {
  {
    const Watchdog::Watch watch(watchdog, std::chrono::steady_clock::now() + 20ms, ends[0]);
  }
  const Watchdog::Watch next(watchdog, std::chrono::steady_clock::now() + 60ms, ends[1]);
  char byte = 0;
  EXPECT_EQ(::recv(ends[1], &byte, 1, 0), 0);  // by now the first one would have fired
  EXPECT_EQ(::send(ends[0], "x", 1, MSG_NOSIGNAL), -1) << "the peer of a shut socket";
  EXPECT_EQ(::recv(ends[0], &byte, 1, 0), 0);
}

}  // namespace
}  // namespace chassis
