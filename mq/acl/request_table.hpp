#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "mq/acl/accounts.hpp"

namespace mq::acl {

// The right that one header field stands for: the topic or group it names, and what must be allowed there.
struct FieldRule {
  std::string_view field;  // empty: the request has none
  Actions any_of = 0;
  bool optional = false;  // absent: nothing is asked. Else a request without it is an administrator's
};

enum class Asks : std::uint8_t {
  login,   // any account
  fields,  // what the fields below say
  body,    // what its body names (demands.cpp)
  admin,
};

// What a request needs of who sends it. From upstream's authorisation builder and its annotated headers
// (rocketmq-wire.md 4.18), with "create, update, delete, list, cluster" all meaning an administrator, because
// that is the one distinction plain_acl.yml makes.
struct RequestRow {
  std::int32_t code = 0;
  Asks asks = Asks::admin;
  FieldRule topic{};
  FieldRule group{};
  bool audited = false;  // changes what others see: one line in the audit log
};

// All rows, by code. A code without one is an administrator's.
std::span<const RequestRow> request_table();
const RequestRow* find_row(std::int32_t code);

}  // namespace mq::acl
