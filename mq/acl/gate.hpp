#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "mq/acl/accounts.hpp"
#include "mq/protocol/command.hpp"

namespace mq::acl {

// What the gate says to one request.
struct Admission {
  // Who asks; null: the gate sets no bounds (a trusted address). Valid until the accounts are replaced.
  const Account* account = nullptr;
  std::string refusal;  // a sentence for the client; empty: let in

  [[nodiscard]] bool refused() const { return !refusal.empty(); }
};

// Who may do what: the decision for every request, before any processor sees it (rocketmq-wire.md 4.18).
//
// A request from a trusted address is let in. Any other names its account (AccessKey), is signed with that
// account's secret, and asks for nothing that the account may not do. Answers to requests of the server's own
// are no requests and never come here.
//
// Thread rule: the hot thread.
class Gate {
 public:
  explicit Gate(Accounts accounts) : accounts_(std::move(accounts)) {}

  [[nodiscard]] Admission judge(const protocol::CommandView& request, const Host& remote) const;
  // From now on; who was let in before stays connected and is judged by these at the next request.
  void replace(Accounts accounts) { accounts_ = std::move(accounts); }

 private:
  Accounts accounts_;
};

// "" when the account may do all that the request asks for, else what it may not.
std::string first_unmet(const Account& account, const protocol::CommandView& request);

}  // namespace mq::acl
