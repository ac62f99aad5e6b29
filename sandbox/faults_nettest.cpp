#include "sandbox/faults.hpp"

#include <gmock/gmock.h>

#include <set>

#include "sandbox/sandbox_fixture.hpp"

namespace sandbox {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::string_view kPush = "/push/messages";

class FaultsTest : public SandboxTest {
 protected:
  static std::string message(const std::string& id) {
    return R"({"message_id":")" + id + R"(","user_id":"buyer","title":"t","body":"b"})";
  }
  // The status of a push, 0 when there was none in `patience`.
  int push(const std::string& id, std::chrono::milliseconds patience = 40s) {
    return host().call([&]() -> boost::asio::awaitable<int> {
      try {
        const auto answer = co_await parties().http().send("POST", parties().url() + std::string(kPush), {},
                                                           message(id), base::deadline_in(patience));
        co_return answer.status;
      } catch (const boost::system::system_error& e) {
        if (e.code() != boost::asio::error::timed_out) throw;
        co_return 0;
      }
    });
  }
  bool is_noted(const std::string& id) { return !parties().ledger("push", id).empty(); }
};

TEST_F(FaultsTest, EveryPartyIsWellAtFirst) {
  const auto faults = boost::json::parse(parties().get("/faults").body).as_object();
  EXPECT_EQ(faults.size(), 5U);
  for (const auto& [party, fault] : faults) EXPECT_EQ(fault.at("mode"), "ok") << party;
  EXPECT_EQ(push("A"), 200);
}

TEST_F(FaultsTest, AFailingPartyRefusesAndDoesNothing) {
  parties().misbehave("push", R"({"mode":"fail"})");
  EXPECT_EQ(push("A"), 503);
  EXPECT_FALSE(is_noted("A"));
}

TEST_F(FaultsTest, ASlowPartyDoesItAndAnswersLater) {
  parties().misbehave("push", R"({"mode":"slow","delay_ms":300})");
  const auto since = std::chrono::steady_clock::now();
  EXPECT_EQ(push("A"), 200);
  EXPECT_GE(std::chrono::steady_clock::now() - since, 300ms);
  EXPECT_TRUE(is_noted("A"));
}

TEST_F(FaultsTest, ASilentPartyDoesNothingAndNeverAnswers) {
  parties().misbehave("push", R"({"mode":"silent"})");
  EXPECT_EQ(push("A", 300ms), 0);
  EXPECT_EQ(parties().count(std::string(kPush)), 1U) << "it was heard";
  EXPECT_FALSE(is_noted("A"));
}

TEST_F(FaultsTest, ADoneButSilentPartyDoesItAndNeverAnswers) {
  parties().misbehave("push", R"({"mode":"done_but_silent"})");
  EXPECT_EQ(push("A", 300ms), 0);
  EXPECT_TRUE(host().eventually([this] { return is_noted("A"); }));
}

// A party that keeps its callers waiting must not keep the sandbox from its stop.
TEST_F(FaultsTest, ASilentPartyDoesNotHoldUpTheStop) {
  parties().misbehave("push", R"({"mode":"silent"})");
  auto waiting = host().begin([this]() -> boost::asio::awaitable<mq::net::HttpResponse> {
    co_return co_await parties().http().send("POST", parties().url() + std::string(kPush), {}, message("A"),
                                             base::deadline_in(40s));
  });
  ASSERT_TRUE(host().eventually([this] { return parties().count(std::string(kPush)) == 1; }));
  host().stop();  // throws when it was not clean
  EXPECT_EQ(waiting.get().status, 503);
}

TEST_F(FaultsTest, OneFaultIsOnePartys) {
  parties().misbehave("push", R"({"mode":"fail"})");
  EXPECT_EQ(status("/sms/messages", R"({"message_id":"A","phone":"1","text":"t"})"), 200);
  EXPECT_EQ(status("/identity/tokens", R"({"user_id":"buyer"})"), 200);
}

TEST_F(FaultsTest, ARatioStrikesThatShareOfTheCalls) {
  parties().misbehave("push", R"({"mode":"fail","ratio":0})");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(push("A" + std::to_string(i)), 200);
  parties().misbehave("push", R"({"mode":"fail","ratio":1})");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(push("B" + std::to_string(i)), 503);
  // All 60 alike by chance: one run in 2^59.
  parties().misbehave("push", R"({"mode":"fail","ratio":0.5})");
  std::set<int> seen;
  for (int i = 0; i < 60; ++i) seen.insert(push("C" + std::to_string(i)));
  EXPECT_THAT(seen, ::testing::ElementsAre(200, 503));
}

TEST_F(FaultsTest, AllIsWellAgainAfterADelete) {
  parties().misbehave("push", R"({"mode":"fail"})");
  parties().misbehave("gateway", R"({"late_pay":true})");
  parties().heal();
  EXPECT_EQ(push("A"), 200);
  EXPECT_FALSE(boost::json::parse(parties().get("/faults").body).at("gateway").at("late_pay").as_bool());
}

TEST_F(FaultsTest, WhatIsNoFaultIsRefusedWithWhatIsOneAndChangesNothing) {
  parties().misbehave("push", R"({"mode":"slow","delay_ms":1})");
  const auto put = [this](const std::string& party, const std::string& body) {
    return parties().send("PUT", parties().url() + "/faults/" + party, body);
  };
  for (const auto* body :
       {"", "hello", "[]", R"({"mode":"odd"})", R"({"mode":1})", R"({"mood":"ok"})", R"({"delay_ms":-1})",
        R"({"delay_ms":30001})", R"({"delay_ms":"1"})", R"({"delay_ms":1.5})", R"({"ratio":-0.1})",
        R"({"ratio":1.1})", R"({"ratio":"1"})", R"({"late_pay":1})", R"({"ignore_expiry":"yes"})"}) {
    const auto answer = put("push", body);
    EXPECT_EQ(answer.status, 422) << body;
    EXPECT_THAT(answer.body, HasSubstr("done_but_silent")) << body;
  }
  const auto nobody = put("postman", R"({"mode":"ok"})");
  EXPECT_EQ(nobody.status, 404);
  EXPECT_THAT(nobody.body, HasSubstr("gateway, warehouse, push, sms, identity"));
  EXPECT_EQ(boost::json::parse(parties().get("/faults").body).at("push").at("mode"), "slow");
}

}  // namespace
}  // namespace sandbox
