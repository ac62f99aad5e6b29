#pragma once
#include <bitset>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mq/acl/gate.hpp"
#include "mq/broker/audit.hpp"
#include "mq/broker/router.hpp"

namespace mq::broker {

// The one way from a connection to a processor, of the broker and of the name server: a request is judged
// before anything looks at it, and what administers is written down. Without a gate everybody may do
// everything, and the audit log says who "-" was by address.
//
// A refusal is answered with code 16 and a sentence, as RocketMQ 5.3 does.
//
// Thread rule: the hot thread.
class FrontDoor {
 public:
  // Whether a connection consumes in a group: its commits of offsets are everyday work, other people's are
  // administration.
  using IsMember = std::function<bool(net::ConnectionKey connection, std::string_view group)>;

  FrontDoor(std::optional<acl::Accounts> accounts, IsMember is_member);

  void dispatch(Router& router, const protocol::CommandView& request, const net::Peer& peer,
                net::Reply reply);
  // Of an answer to a watched reply, and of a connection that ended: the server tells.
  void answered(const net::Reply& reply, const protocol::ResponseView& response) {
    audit_.ended(reply, response);
  }
  void closed(net::ConnectionKey connection) { audit_.dropped(connection); }

  // Only when it was built with accounts: a door without a lock does not get one while people walk through.
  void replace(acl::Accounts accounts);
  [[nodiscard]] bool is_locked() const { return gate_.has_value(); }

  // Requests that were turned away: without a signature, with an unknown key or a wrong signature, and from
  // known ones for what they may not do.
  struct Refusals {
    std::uint64_t not_signed = 0, wrong_signature = 0, not_permitted = 0;
    [[nodiscard]] std::uint64_t all() const { return not_signed + wrong_signature + not_permitted; }
  };
  [[nodiscard]] const Refusals& refusals() const { return refusals_; }

 private:
  [[nodiscard]] bool is_audited(const protocol::CommandView& request, const net::Peer& peer) const;
  void turn_away(const Router& router, const protocol::CommandView& request, const net::Peer& peer,
                 const net::Reply& reply, const acl::Admission& admission);

  static constexpr std::size_t kSmallCodes = 1024;

  std::optional<acl::Gate> gate_;
  IsMember is_member_;
  std::bitset<kSmallCodes> audited_;  // the table's column: asked of every request
  Audit audit_;
  std::chrono::steady_clock::time_point next_complaint_;
  Refusals refusals_;
};

}  // namespace mq::broker
