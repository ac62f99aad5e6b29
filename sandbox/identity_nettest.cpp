#include "sandbox/identity.hpp"

#include <gmock/gmock.h>

#include "chassis/auth.hpp"
#include "contracts/time_text.hpp"
#include "sandbox/sandbox_fixture.hpp"

namespace sandbox {
namespace {

using namespace std::chrono_literals;

class IdentityTest : public SandboxTest {
 protected:
  boost::json::object log_in(const std::string& user) {
    return boost::json::parse(parties().post("/identity/tokens", R"({"user_id":")" + user + "\"}").body)
        .as_object();
  }
  std::optional<chassis::Principal> verify(const boost::json::object& answer, base::Time at,
                                           std::string_view secret = TestParties::kSecret) {
    return chassis::verify_token(secret, std::string(answer.at("token").as_string()), at);
  }
};

TEST_F(IdentityTest, ATokenIsTheUsersForTwelveHoursOfTheBusinessClock) {
  const auto answer = log_in("王小明");
  ASSERT_TRUE(verify(answer, host().now()));
  EXPECT_EQ(verify(answer, host().now())->user_id, "王小明");
  EXPECT_TRUE(verify(answer, host().now() + 11h));
  EXPECT_FALSE(verify(answer, host().now() + 12h));
  const auto expires = contracts::parse_time(std::string(answer.at("expires_at").as_string())).value();
  EXPECT_FALSE(verify(answer, expires));
  EXPECT_TRUE(verify(answer, expires - 1s));
}

TEST_F(IdentityTest, ALaterTokenLastsLonger) {
  const auto first = log_in("buyer");
  host().advance(11h);
  const auto second = log_in("buyer");
  EXPECT_FALSE(verify(first, host().now() + 2h));
  EXPECT_TRUE(verify(second, host().now() + 2h));
}

TEST_F(IdentityTest, ATokenOfAnotherSecretIsNone) {
  EXPECT_FALSE(verify(log_in("buyer"), host().now(), std::string(32, 'x')));
}

TEST_F(IdentityTest, NobodyIsNobody) {
  for (const auto* body : {"", "hello", "[]", "{}", R"({"user_id":""})", R"({"user_id":1})",
                           R"({"user":"a"})", R"({"user_id":"a\u0000b"})", R"({"user_id":"a\nb"})"}) {
    const auto answer = parties().post("/identity/tokens", body);
    EXPECT_EQ(answer.status, 422) << body;
    EXPECT_THAT(answer.body, ::testing::HasSubstr("user_id is needed")) << body;
  }
}

// A longer one would make a token that no service reads.
TEST_F(IdentityTest, AUserHasANameThatFitsIntoAToken) {
  EXPECT_EQ(status("/identity/tokens", R"({"user_id":")" + std::string(128, 'a') + "\"}"), 200);
  EXPECT_EQ(status("/identity/tokens", R"({"user_id":")" + std::string(129, 'a') + "\"}"), 422);
}

TEST_F(IdentityTest, WhenItIsDownItSaysSo) {
  parties().misbehave("identity", R"({"mode":"fail"})");
  EXPECT_EQ(status("/identity/tokens", R"({"user_id":"buyer"})"), 503);
}

}  // namespace
}  // namespace sandbox
