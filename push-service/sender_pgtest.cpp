#include <gmock/gmock.h>

#include "chassis/testing_proxy.hpp"
#include "push-service/pushes_fixture.hpp"

namespace push {
namespace {

using namespace std::chrono_literals;
using chassis::testing::CuttingProxy;
using mq::client::Verdict;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SenderTest : public PushesTest {
 protected:
  using PushesTest::PushesTest;
  using Jobs = std::vector<chassis::DueWork::Job>;

  // What the loop of one process would do at a time.
  Jobs due(Sender& sender, base::Time at) {
    return host_.call([&]() -> boost::asio::awaitable<Jobs> { co_return co_await sender.due(at, 64); });
  }
  Jobs due() { return due(*sender_, host_.now()); }
  void run(const Jobs& jobs) {
    for (const auto& job : jobs) host_.call(job.run);
  }
  std::optional<base::Time> next_due() {
    return host_.call([this]() -> boost::asio::awaitable<std::optional<base::Time>> {
      co_return co_await sender_->next_due();
    });
  }
};

TEST_F(SenderTest, APushIsSentOnceAndTold) {
  start_loop();
  group_.deliver(paid("A"));
  EXPECT_TRUE(becomes("A-order_paid", "SENT"));
  EXPECT_EQ(parties_.count("/push/messages"), 1U);
  EXPECT_EQ(text("channel", "A-order_paid"), "PUSH");
  const auto told = outgoing();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told.front().type, "PushSent");
  EXPECT_EQ(told.front().data.at("template_name"), "order_paid");
  EXPECT_EQ(told.front().traceparent.substr(0, 36), "00-4bf92f3577b34da6a3ce929d0e0e4736-");
  EXPECT_EQ(next_due(), std::nullopt);
}

TEST_F(SenderTest, EachNewsOfAnOrderIsToldUnderItsOwnNumber) {
  start_loop();
  group_.deliver(paid("A"));
  group_.deliver(shipped("A"));
  EXPECT_TRUE(becomes("A-order_paid", "SENT"));
  EXPECT_TRUE(becomes("A-order_shipped", "SENT"));
  EXPECT_EQ(outgoing().back().sequence, 2);
}

TEST_F(SenderTest, AFailingProviderIsAskedAgainWithTheSameWordsUntilItWorks) {
  parties_.misbehave("push", R"({"mode":"fail"})");
  start_loop();
  EXPECT_EQ(group_.deliver(paid("A")), Verdict::done) << "the message is not held";
  for (int tries = 1; tries <= 3; ++tries) {
    EXPECT_TRUE(is_tried("A-order_paid", tries));
    EXPECT_EQ(text("last_error", "A-order_paid"), "HTTP status 503");
    host_.advance(pause_after(tries));
  }
  EXPECT_EQ(heard("A-"), 0U);
  parties_.heal();
  host_.advance(1min);
  EXPECT_TRUE(becomes("A-order_paid", "SENT"));
  const auto bodies = parties_.bodies("/push/messages");
  EXPECT_THAT(bodies, AllOf(SizeIs(::testing::Ge(4U)), Each(bodies.front())));
  EXPECT_EQ(heard("A-"), 1U);
}

TEST_F(SenderTest, TheNextTryIsDueAfterThePauseAndNotBefore) {
  parties_.misbehave("push", R"({"mode":"fail"})");
  group_.deliver(paid("A"));
  for (std::int64_t tries = 1; tries <= 4; ++tries) {
    const auto before = host_.now();
    run(due());
    EXPECT_EQ(attempts("A-order_paid"), tries);
    const auto next = next_due().value();
    EXPECT_GE(next, before + pause_after(tries));
    EXPECT_LE(next, host_.now() + pause_after(tries));
    EXPECT_THAT(due(*sender_, next - 1ms), IsEmpty());
    EXPECT_THAT(due(*sender_, next), SizeIs(1));
    host_.advance(pause_after(tries));
  }
}

TEST_F(SenderTest, ABuyerWithoutADeviceGetsATextMessage) {
  start_loop();
  group_.deliver(paid("A", "buyer-nodevice"));
  EXPECT_TRUE(becomes("A-order_paid", "SENT"));
  EXPECT_EQ(text("channel", "A-order_paid"), "SMS");
  EXPECT_EQ(outgoing().front().data.at("channel"), "SMS");
  const auto texts = parties_.ledger("sms", "A-");
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts.front().at("phone"), "13800000000");
  EXPECT_THAT(parties_.ledger("push", "A-"), IsEmpty());
}

// Only the paid event says where a text message goes, and it may come last.
TEST_F(SenderTest, NewsThatOvertookThePhoneNumberWaitsForIt) {
  start_loop();
  group_.deliver(shipped("A", "buyer-nodevice"));
  EXPECT_TRUE(is_tried("A-order_shipped", 1));
  EXPECT_EQ(text("last_error", "A-order_shipped"), "no device and no phone number");
  EXPECT_EQ(state("A-order_shipped"), "PENDING");
  group_.deliver(paid("A", "buyer-nodevice"));
  host_.advance(1min);
  EXPECT_TRUE(becomes("A-order_shipped", "SENT"));
  EXPECT_TRUE(becomes("A-order_paid", "SENT"));
  EXPECT_EQ(heard("A-"), 2U);
}

TEST_F(SenderTest, NewsIsGivenUpWhenItIsADayOld) {
  parties_.misbehave("push", R"({"mode":"fail"})");
  group_.deliver(paid("A"));
  run(due());
  ASSERT_EQ(state("A-order_paid"), "PENDING");
  host_.advance(24h);
  run(due());
  EXPECT_EQ(state("A-order_paid"), "EXPIRED");
  EXPECT_EQ(next_due(), std::nullopt);
  EXPECT_EQ(count("outbox"), 0);
}

// The provider works again, but too late: the buyer is not told yesterday's news.
TEST_F(SenderTest, NewsThatIsTooOldIsNotSentAfterAnOutage) {
  group_.deliver(paid("A"));
  group_.deliver(paid("B"));
  host_.advance(23h);
  group_.deliver(shipped("B"));
  host_.advance(1h);
  run(due());
  EXPECT_EQ(state("A-order_paid"), "EXPIRED");
  EXPECT_EQ(state("B-order_paid"), "EXPIRED");
  EXPECT_EQ(state("B-order_shipped"), "SENT");
  EXPECT_EQ(heard("A-") + heard("B-order_paid"), 0U);
  EXPECT_EQ(heard("B-order_shipped"), 1U);
}

// We were away, or the queue was: a day later it may still be told, two days later it is no news.
TEST_F(SenderTest, NewsThatWasHeardTooLateIsNotSent) {
  const auto first = paid("A"), second = paid("B");
  host_.advance(25h);
  EXPECT_EQ(group_.deliver(first), Verdict::done);
  run(due());
  EXPECT_EQ(state("A-order_paid"), "SENT");
  host_.advance(23h);
  EXPECT_EQ(group_.deliver(second), Verdict::done);
  run(due());
  EXPECT_EQ(state("B-order_paid"), "EXPIRED");
  EXPECT_EQ(heard("B-"), 0U);
}

// Two processes, or one that was killed after its call and started again, work on the same row.
TEST_F(SenderTest, TwoWhoSendTheSamePushTellOfItOnce) {
  group_.deliver(paid("A"));
  Sender other(pool_, *provider_, outbox_, host_.service().clock(), host_.service().random());
  const auto mine = due();
  const auto theirs = due(other, host_.now());
  ASSERT_EQ(mine.size() + theirs.size(), 2U);
  run(mine);
  run(theirs);
  EXPECT_EQ(parties_.count("/push/messages"), 2U);
  EXPECT_EQ(heard("A-"), 1U);
  EXPECT_EQ(count("outbox"), 1);
}

TEST_F(SenderTest, ACommitInDoubtAfterTheAnswerTellsOfItOnce) {
  CuttingProxy proxy(database_.dsn());
  auto options = database_.options();
  options.dsn = proxy.dsn();
  options.connections = 1;
  chassis::Database shaky(host_.service().executor(), options);
  Sender over_proxy(shaky, *provider_, outbox_, host_.service().clock(), host_.service().random());
  for (const auto cut : {CuttingProxy::Cut::before, CuttingProxy::Cut::after}) {
    const auto order_no = "A" + std::to_string(static_cast<int>(cut));
    group_.deliver(paid(order_no));
    const auto jobs = due(over_proxy, host_.now());
    ASSERT_EQ(jobs.size(), 1U);
    proxy.cut_next_commits(cut);
    run(jobs);
    EXPECT_EQ(state(order_no + "-order_paid"), "SENT");
    EXPECT_EQ(count("outbox WHERE key = '" + order_no + "'"), 1);
  }
  EXPECT_EQ(shaky.stats().in_doubt, 2U);
}

TEST_F(SenderTest, ABacklogOfAnOutageIsWorkedOffAndEachBuyerHearsOnce) {
  parties_.misbehave("push", R"({"mode":"fail"})");
  start_loop();
  for (int i = 0; i < 100; ++i) group_.deliver(paid("A" + std::to_string(i)));
  EXPECT_TRUE(host_.eventually([this] { return number("SELECT min(attempts) AS n FROM push") > 0; }));
  parties_.heal();
  host_.advance(30min);
  EXPECT_TRUE(host_.eventually([this] { return count("push WHERE state = 'SENT'") == 100; }));
  EXPECT_EQ(heard("A"), 100U);
}

// The provider heard us and we did not hear the provider.
class LostAnswerTest : public SenderTest {
 protected:
  LostAnswerTest() : SenderTest(300ms) {}
};

TEST_F(LostAnswerTest, APushWhoseAnswerIsLostIsSentAgainAndHeardOnce) {
  parties_.misbehave("push", R"({"mode":"done_but_silent"})");
  start_loop();
  group_.deliver(paid("A"));
  EXPECT_TRUE(is_tried("A-order_paid", 2)) << "in doubt twice";
  EXPECT_EQ(state("A-order_paid"), "PENDING");
  EXPECT_EQ(count("outbox"), 0) << "nothing is said before it is known";
  parties_.heal();
  host_.advance(1min);
  EXPECT_TRUE(becomes("A-order_paid", "SENT"));
  EXPECT_EQ(heard("A-"), 1U);
}

TEST_F(LostAnswerTest, ATextMessageWhoseAnswerIsLostIsSentAgainAndHeardOnce) {
  parties_.misbehave("sms", R"({"mode":"done_but_silent"})");
  start_loop();
  group_.deliver(paid("A", "buyer-nodevice"));
  EXPECT_TRUE(is_tried("A-order_paid", 2));
  parties_.heal();
  host_.advance(1min);
  EXPECT_TRUE(becomes("A-order_paid", "SENT"));
  EXPECT_EQ(text("channel", "A-order_paid"), "SMS");
  EXPECT_EQ(heard("A-"), 1U);
}

// The control: what makes the lost answer harmless is the message id that never changes.
TEST_F(LostAnswerTest, WithAFreshMessageIdOnEveryTryTheBuyerWouldHearTwice) {
  parties_.misbehave("push", R"({"mode":"done_but_silent"})");
  group_.deliver(paid("A"));
  run(due());
  database_.execute("UPDATE push SET message_id = 'A-again', next_try_at = created_at");
  run(due());
  EXPECT_TRUE(host_.eventually([this] { return heard("A-") == 2; }));
}

TEST_F(LostAnswerTest, ASilentProviderIsAskedUntilItAnswers) {
  parties_.misbehave("push", R"({"mode":"silent"})");
  start_loop();
  group_.deliver(paid("A"));
  EXPECT_TRUE(is_tried("A-order_paid", 2));
  EXPECT_EQ(heard("A-"), 0U);
  parties_.heal();
  host_.advance(1min);
  EXPECT_TRUE(becomes("A-order_paid", "SENT"));
  EXPECT_EQ(heard("A-"), 1U);
}

// It answers, but after we gave up; what it does then overlaps with our next try.
TEST_F(LostAnswerTest, ASlowProviderThatActsAfterWeGaveUpIsHeardOnce) {
  parties_.misbehave("push", R"({"mode":"slow","delay_ms":1500})");
  start_loop();
  group_.deliver(paid("A"));
  EXPECT_TRUE(is_tried("A-order_paid", 1));
  host_.advance(pause_after(1));
  EXPECT_TRUE(is_tried("A-order_paid", 2));
  parties_.heal();
  host_.advance(1min);
  EXPECT_TRUE(becomes("A-order_paid", "SENT"));
  EXPECT_TRUE(host_.eventually([this] { return heard("A-") > 0; }));
  EXPECT_EQ(heard("A-"), 1U);
}

// Silence on one channel holds back neither the messages nor the other channel.
TEST_F(SenderTest, ASilentTextChannelHoldsNobodyElseUp) {
  parties_.misbehave("sms", R"({"mode":"silent"})");
  start_loop();
  EXPECT_EQ(group_.deliver(paid("A", "buyer-nodevice")), Verdict::done);
  EXPECT_EQ(group_.deliver(paid("B")), Verdict::done);
  EXPECT_TRUE(becomes("B-order_paid", "SENT"));
  EXPECT_EQ(state("A-order_paid"), "PENDING");
}

}  // namespace
}  // namespace push
