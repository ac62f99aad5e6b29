#include "mq/acl/accounts_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace mq::acl {
namespace {

// The shape of the file that RocketMQ 4.x and 5.0 to 5.2 bring.
constexpr auto* kUpstream = R"(
globalWhiteRemoteAddresses:
  - 10.10.103.*
  - 192.168.0.*

accounts:
  - accessKey: RocketMQ
    secretKey: 12345678
    whiteRemoteAddress:
    admin: false
    defaultTopicPerm: DENY
    defaultGroupPerm: SUB
    topicPerms:
      - topicA=DENY
      - topicB=PUB|SUB
      - topicC=SUB
    groupPerms:
      # the group should convert to retry topic
      - groupA=DENY
      - groupB=PUB|SUB
      - groupC=SUB

  - accessKey: rocketmq2
    secretKey: 12345678
    whiteRemoteAddress: 192.168.1.*
    # if it is admin, it could access all resources
    admin: true
)";

Accounts good(const std::string& yaml) {
  auto parsed = parse_accounts(yaml);
  if (const auto* bad = std::get_if<BadFile>(&parsed)) throw std::runtime_error(bad->problem);
  return std::get<Accounts>(std::move(parsed));
}

std::string problem_of(const std::string& yaml) {
  const auto parsed = parse_accounts(yaml);
  const auto* bad = std::get_if<BadFile>(&parsed);
  return bad != nullptr ? bad->problem : "";
}

std::string account(const std::string& more) {
  return "accounts:\n  - accessKey: a\n    secretKey: topsecret\n" + more;
}

TEST(AccountsFile, UpstreamsFileIsRead) {
  const auto accounts = good(kUpstream);
  ASSERT_EQ(accounts.by_key.size(), 2U);
  EXPECT_TRUE(accounts.trusted.match(*parse_host("10.10.103.9:1")));
  EXPECT_FALSE(accounts.trusted.match(*parse_host("127.0.0.1:1")));
  const auto& user = accounts.by_key.at("RocketMQ");
  EXPECT_FALSE(user.may(Resource::topic, "topicA", action::kPub | action::kSub | action::kGet));
  EXPECT_TRUE(user.may(Resource::topic, "topicB", action::kPub));
  EXPECT_FALSE(user.may(Resource::topic, "topicC", action::kPub));
  EXPECT_TRUE(user.may(Resource::topic, "topicC", action::kGet)) << "who may consume may ask";
  EXPECT_FALSE(user.may(Resource::topic, "topicC", action::kManage));
  EXPECT_FALSE(user.may(Resource::topic, "other", action::kSub)) << "the default";
  EXPECT_FALSE(user.may(Resource::group, "groupA", action::kSub));
  EXPECT_TRUE(user.may(Resource::group, "other", action::kSub)) << "the default";
  EXPECT_TRUE(accounts.by_key.at("rocketmq2").may(Resource::topic, "any", action::kManage));
  EXPECT_TRUE(accounts.by_key.at("rocketmq2").trusted.match(*parse_host("192.168.1.200:1")));
}

TEST(AccountsFile, RetryAndDeadLetterTopicsBelongToTheirGroup) {
  const auto accounts = good(account("    groupPerms: [mine=SUB]\n    defaultTopicPerm: PUB|SUB\n"));
  const auto& user = accounts.by_key.at("a");
  EXPECT_TRUE(user.may(Resource::topic, "%RETRY%mine", action::kSub));
  EXPECT_TRUE(user.may(Resource::topic, "%RETRY%mine", action::kPub)) << "a message sent back by the client";
  EXPECT_TRUE(user.may(Resource::topic, "%DLQ%mine", action::kSub));
  EXPECT_FALSE(user.may(Resource::topic, "%RETRY%other", action::kSub));
  EXPECT_FALSE(user.may(Resource::topic, "%DLQ%other", action::kGet));
}

TEST(AccountsFile, EveryMistakeIsOneSentenceWithItsPlace) {
  EXPECT_EQ(problem_of(account("    topicPerm: []\n")), "line 4: an account has no key topicPerm");
  EXPECT_EQ(problem_of(account("    admin: maybe\n")), "line 4: admin is true or false");
  EXPECT_EQ(problem_of(account("    topicPerms: [t=PUBLISH]\n")),
            "line 4: a permission is DENY, PUB, SUB or PUB|SUB, not \"PUBLISH\"");
  EXPECT_EQ(problem_of(account("    topicPerms: [t]\n")),
            "line 4: topicPerms has name=permission, not \"t\"");
  EXPECT_EQ(problem_of(account("    topicPerms: [t=PUB, t=SUB]\n")), "line 4: topicPerms names t twice");
  EXPECT_EQ(problem_of(account("    groupPerms: [a b=PUB]\n")), "line 4: groupPerms: \"a b\" is no name");
  EXPECT_EQ(problem_of(account("    admin: true\n    admin: false\n")), "line 5: admin is there twice");
  EXPECT_EQ(problem_of(account("  - accessKey: a\n    secretKey: topsecret\n")),
            "line 4: the account a is there twice");
  EXPECT_EQ(problem_of(account("    whiteRemoteAddress: here\n")),
            "line 4: whiteRemoteAddress: \"here\" is no IPv4 address or pattern of one");
  EXPECT_EQ(problem_of("accounts:\n  - accessKey: a\n    secretKey: short\n"),
            "line 3: the secretKey of a is shorter than 7 characters");
  EXPECT_EQ(problem_of("accounts:\n  - accessKey: a\n"), "line 2: an account has accessKey and secretKey");
  EXPECT_EQ(problem_of("account: []\n"), "line 1: the file has no key account");
  EXPECT_EQ(problem_of("globalWhiteRemoteAddresses: [1.2.3]\naccounts: []\n"),
            "line 1: globalWhiteRemoteAddresses: \"1.2.3\" is no IPv4 address or pattern of one");
  for (const auto* nothing : {"", "accounts: []\n", "accounts:\n", "globalWhiteRemoteAddresses: []\n"}) {
    EXPECT_FALSE(problem_of(nothing).empty()) << nothing;
  }
  for (const auto* broken : {"accounts: [", "- a\n- b\n", "text", "accounts: {a: b}\n", "accounts: [x]\n"}) {
    EXPECT_FALSE(problem_of(broken).empty()) << broken;
  }
}

TEST(AccountsFile, NoProblemRepeatsASecret) {
  for (const auto* more :
       {"    secretKey: topsecret\n", "    admin: maybe\n", "    {{{\n", "   secretKey: topsecret\n"}) {
    const auto problem = problem_of(account(more));
    EXPECT_FALSE(problem.empty()) << more;
    EXPECT_EQ(problem.find("topsecret"), std::string::npos) << problem;
  }
}

TEST(AccountsFile, AFileIsReadFromTheDisk) {
  const auto path =
      std::filesystem::temp_directory_path() / ("sluice-acl-" + std::to_string(::getpid()) + ".yml");
  const auto missing = read_accounts(path);
  ASSERT_TRUE(std::holds_alternative<BadFile>(missing));
  EXPECT_NE(std::get<BadFile>(missing).problem.find(path.string()), std::string::npos);
  std::ofstream(path) << kUpstream;
  EXPECT_TRUE(std::holds_alternative<Accounts>(read_accounts(path)));
  using std::filesystem::perms;
  std::filesystem::permissions(path, perms::owner_read | perms::owner_write);
  EXPECT_FALSE(is_readable_by_others(path));
  std::filesystem::permissions(path, perms::others_read, std::filesystem::perm_options::add);
  EXPECT_TRUE(is_readable_by_others(path));
  std::filesystem::remove(path);
  EXPECT_TRUE(std::holds_alternative<BadFile>(read_accounts(std::filesystem::temp_directory_path())));
}

}  // namespace
}  // namespace mq::acl
