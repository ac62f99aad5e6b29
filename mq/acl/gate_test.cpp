#include "mq/acl/gate.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mq/acl/accounts_file.hpp"
#include "mq/base/bytes.hpp"

namespace mq::acl {
namespace {

constexpr auto* kAccounts = R"(
globalWhiteRemoteAddresses: [10.9.9.*]
accounts:
  - {accessKey: user, secretKey: users-secret, topicPerms: [T=PUB, U=SUB], groupPerms: [g=SUB]}
  - {accessKey: boss, secretKey: boss-secret, admin: true}
  - {accessKey: neighbour, secretKey: never-used, whiteRemoteAddress: 10.1.1.1}
)";

class GateTest : public ::testing::Test {
 protected:
  static Accounts accounts(const char* yaml) { return std::get<Accounts>(parse_accounts(yaml)); }

  std::string refusal(protocol::Command request, const std::string& from = "127.0.0.1") {
    frame_.clear();
    protocol::encode(request, frame_);
    EXPECT_TRUE(protocol::decode(frame_, view_));
    return gate_.judge(view_, *parse_host(from + ":5000")).refusal;
  }
  std::string refusal_for(const std::string& key, const std::string& secret, protocol::Command request) {
    protocol::sign(request, key, protocol::SigningKey(secret));
    return refusal(std::move(request));
  }
  static protocol::Command request(std::int32_t code, std::vector<std::pair<std::string, std::string>> ext) {
    protocol::Command command;
    command.code = code;
    command.ext = std::move(ext);
    return command;
  }
  static protocol::Command send_to(const std::string& topic) { return request(310, {{"b", topic}}); }

  Gate gate_{accounts(kAccounts)};
  base::Bytes frame_;
  protocol::CommandView view_;
};

TEST_F(GateTest, WhoSignsAndMayIsLetIn) {
  EXPECT_EQ(refusal_for("user", "users-secret", send_to("T")), "");
  EXPECT_EQ(refusal_for("boss", "boss-secret", send_to("T")), "");
}

TEST_F(GateTest, WithoutASignatureNobodyIsLetIn) {
  EXPECT_EQ(refusal(send_to("T")), "the request is not signed: this server wants an access key");
  auto unsigned_request = send_to("T");
  unsigned_request.set("AccessKey", "boss");
  EXPECT_EQ(refusal(unsigned_request), "the access key is unknown or the signature is wrong");
}

TEST_F(GateTest, AWrongSecretAndAnUnknownKeyLookAlike) {
  const auto wrong = refusal_for("boss", "not-her-secret", send_to("T"));
  EXPECT_FALSE(wrong.empty());
  EXPECT_EQ(wrong, refusal_for("nobody", "boss-secret", send_to("T")));
}

TEST_F(GateTest, OnlyWhatIsAllowedIsLetIn) {
  EXPECT_EQ(refusal_for("user", "users-secret", send_to("U")), "access key user may not send to topic U");
  EXPECT_EQ(refusal_for("user", "users-secret", request(11, {{"topic", "U"}, {"consumerGroup", "g"}})), "");
  EXPECT_EQ(refusal_for("user", "users-secret", request(11, {{"topic", "U"}, {"consumerGroup", "other"}})),
            "access key user may not consume in group other");
  EXPECT_EQ(refusal_for("user", "users-secret", request(11, {{"topic", "T"}, {"consumerGroup", "g"}})),
            "access key user may not consume from topic T");
  EXPECT_EQ(
      refusal_for("user", "users-secret", request(11, {{"topic", "%RETRY%other"}, {"consumerGroup", "g"}})),
      "access key user may not consume from topic %RETRY%other");
}

TEST_F(GateTest, AdministrationIsAnAdministrators) {
  EXPECT_NE(refusal_for("user", "users-secret", request(17, {{"topic", "T"}})).find("administrator"),
            std::string::npos);
  EXPECT_EQ(refusal_for("boss", "boss-secret", request(17, {{"topic", "T"}})), "");
  EXPECT_NE(refusal_for("user", "users-secret", request(987'654, {})), "") << "a code nobody knows";
}

TEST_F(GateTest, TrustedAddressesNeedNoSignature) {
  EXPECT_EQ(refusal(request(17, {{"topic", "T"}}), "10.9.9.77"), "");
  EXPECT_NE(refusal(request(17, {{"topic", "T"}}), "10.9.8.77"), "");
  auto claimed = request(17, {{"topic", "T"}, {"AccessKey", "neighbour"}});
  EXPECT_EQ(refusal(claimed, "10.1.1.1"), "") << "the account's own address";
  EXPECT_NE(refusal(claimed, "10.1.1.2"), "");
}

TEST_F(GateTest, NewAccountsCountFromTheNextRequest) {
  gate_.replace(accounts("accounts: [{accessKey: user, secretKey: users-secret}]"));
  EXPECT_NE(refusal_for("user", "users-secret", send_to("T")), "");
  EXPECT_NE(refusal_for("boss", "boss-secret", send_to("T")), "");
}

}  // namespace
}  // namespace mq::acl
