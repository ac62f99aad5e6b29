#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

#include "mq/acl/accounts.hpp"

namespace mq::acl {

// Why a file of accounts is not taken: one sentence with the place, never with a secret.
struct BadFile {
  std::string problem;
};

// Reads RocketMQ's plain_acl.yml:
//
//   globalWhiteRemoteAddresses: [10.10.103.*]
//   accounts:
//     - accessKey: orders
//       secretKey: 12345678
//       whiteRemoteAddress: ""
//       admin: false
//       defaultTopicPerm: DENY
//       defaultGroupPerm: SUB
//       topicPerms: [order-events=PUB|SUB]
//       groupPerms: [coupon-grant=SUB]
//
// Strict: an unknown or repeated key, a second account with one access key, a wrong permission, an address
// that makes no sense or a secret of less than 7 characters (upstream's bound) is a BadFile.
std::variant<Accounts, BadFile> read_accounts(const std::filesystem::path& file);
std::variant<Accounts, BadFile> parse_accounts(std::string_view yaml);

// Whether others than its owner and group may read the file of secrets.
bool is_readable_by_others(const std::filesystem::path& file);

}  // namespace mq::acl
