#include "sandbox/provider.hpp"

#include <gmock/gmock.h>

#include "sandbox/sandbox_fixture.hpp"

namespace sandbox {
namespace {

using ::testing::SizeIs;

class ProviderTest : public SandboxTest {
 protected:
  int push(const std::string& id, const std::string& user = "buyer", const std::string& title = "t") {
    return status("/push/messages", R"({"message_id":")" + id + R"(","user_id":")" + user + R"(","title":")" +
                                        title + R"(","body":"b"})");
  }
  int sms(const std::string& id) {
    return status("/sms/messages", R"({"message_id":")" + id + R"(","phone":"13800000000","text":"t"})");
  }
};

TEST_F(ProviderTest, AMessageIsNotedOnceHoweverOftenItComes) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(push("A-paid"), 200);
  EXPECT_EQ(push("A-paid", "buyer", "other words"), 200);
  const auto noted = parties().ledger("push", "A");
  ASSERT_THAT(noted, SizeIs(1));
  EXPECT_EQ(noted.front().at("title"), "t") << "the first words count";
  EXPECT_GT(noted.front().at("at_ms").as_int64(), 0);
}

TEST_F(ProviderTest, PushesAndTextMessagesHaveBooksOfTheirOwn) {
  EXPECT_EQ(push("A-paid"), 200);
  EXPECT_EQ(sms("A-paid"), 200);
  EXPECT_EQ(sms("A-shipped"), 200);
  EXPECT_THAT(parties().ledger("push", "A-"), SizeIs(1));
  EXPECT_THAT(parties().ledger("sms", "A-"), SizeIs(2));
  EXPECT_THAT(parties().ledger("sms", "B-"), SizeIs(0));
}

TEST_F(ProviderTest, ABuyerWithoutADeviceCannotBePushed) {
  EXPECT_EQ(push("A-paid", "buyer-nodevice"), 410);
  EXPECT_THAT(parties().ledger("push", "A-"), SizeIs(0));
}

TEST_F(ProviderTest, WhatIsNoMessageIsRefused) {
  for (const auto* body : {"", "hello", "[]", "{}", R"({"message_id":"A"})",
                           R"({"message_id":"","user_id":"u","title":"t","body":"b"})",
                           R"({"message_id":1,"user_id":"u","title":"t","body":"b"})"}) {
    EXPECT_EQ(status("/push/messages", body), 422) << body;
    EXPECT_EQ(status("/sms/messages", body), 422) << body;
  }
  EXPECT_EQ(parties().get("/ledger/push").status, 400);
  EXPECT_EQ(parties().get("/ledger/sms").status, 400);
}

TEST_F(ProviderTest, WhatWasNotedIsKnownAfterARestart) {
  push("A-paid");
  sms("A-paid");
  end();
  begin();
  EXPECT_EQ(push("A-paid"), 200);
  EXPECT_EQ(sms("A-paid"), 200);
  EXPECT_THAT(parties().ledger("push", "A-"), SizeIs(1));
  EXPECT_THAT(parties().ledger("sms", "A-"), SizeIs(1));
}

// The control: it is the ledger that knows.
TEST_F(ProviderTest, WithoutItsLedgerTheMessageWouldBeSentAgain) {
  push("A-paid");
  const auto at = parties().ledger("push", "A-").front().at("at_ms").as_int64();
  end();
  std::filesystem::remove(folder_.path() / "push.jsonl");
  begin();
  host().advance(std::chrono::seconds{1});
  push("A-paid");
  EXPECT_GT(parties().ledger("push", "A-").front().at("at_ms").as_int64(), at);
}

}  // namespace
}  // namespace sandbox
