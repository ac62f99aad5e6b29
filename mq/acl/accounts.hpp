#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "mq/acl/address_rules.hpp"
#include "mq/protocol/signature.hpp"

namespace mq::acl {

// What may be done to a topic or a group (rocketmq-wire.md 4.18). Bits: a request may be satisfied with any
// of several.
using Actions = std::uint8_t;
namespace action {
inline constexpr Actions kPub = 1;     // send
inline constexpr Actions kSub = 2;     // consume
inline constexpr Actions kGet = 4;     // ask about it
inline constexpr Actions kManage = 8;  // create, update, delete, list: administrators only
}  // namespace action

enum class Resource : std::uint8_t { topic, group };

// A permission of plain_acl.yml: DENY, PUB, SUB or PUB|SUB. Whoever may send or consume may also ask.
struct Permission {
  Actions actions = 0;
  [[nodiscard]] bool allows(Actions any_of) const { return (actions & any_of) != 0; }
};

// One who may log in, and what is allowed then. What is not named has the default of its kind, and that is
// DENY unless the file says otherwise.
struct Account {
  std::string access_key;
  protocol::SigningKey key;
  AddressRules trusted{};  // requests from there need no signature, and may do everything
  bool admin = false;
  Permission default_topic{};
  Permission default_group{};
  std::map<std::string, Permission, std::less<>> topics{};
  std::map<std::string, Permission, std::less<>> groups{};

  // %RETRY%g and %DLQ%g belong to group g: consuming in it is the right to both.
  [[nodiscard]] bool may(Resource kind, std::string_view name, Actions any_of) const;
};

// The accounts of one file.
struct Accounts {
  AddressRules trusted;  // requests from there are let through as an administrator's, signed or not
  std::map<std::string, Account, std::less<>> by_key;
};

}  // namespace mq::acl
