#include "mq/broker/front_door.hpp"

#include <utility>

#include "mq/acl/request_table.hpp"
#include "mq/base/log.hpp"

namespace mq::broker {
namespace {

constexpr std::chrono::seconds kComplaintPause{1};  // a flood of refused requests must not fill the log

// As it was claimed: of a refused request too.
std::string who_of(const protocol::CommandView& request) {
  const auto* field = request.find(protocol::kAccessKeyField);
  std::string name;
  if (field == nullptr || !unescape_to(name, *field)) return "-";
  return name;
}

}  // namespace

FrontDoor::FrontDoor(std::optional<acl::Accounts> accounts, IsMember is_member)
    : is_member_(std::move(is_member)) {
  if (accounts) gate_.emplace(std::move(*accounts));
  for (const auto& row : acl::request_table()) {
    if (row.audited && static_cast<std::size_t>(row.code) < kSmallCodes) {
      audited_.set(static_cast<std::size_t>(row.code));
    }
  }
}

bool FrontDoor::is_audited(const protocol::CommandView& request, const net::Peer& peer) const {
  const auto code = static_cast<std::uint32_t>(request.code);
  if (code >= kSmallCodes || !audited_.test(code)) return false;
  if (request.code != protocol::request_code::kUpdateConsumerOffset) return true;
  const auto* group = request.find("consumerGroup");
  return group == nullptr || !is_member_(peer.connection, group->value);
}

void FrontDoor::dispatch(Router& router, const protocol::CommandView& request, const net::Peer& peer,
                         net::Reply reply) {
  acl::Admission admission;
  if (gate_) admission = gate_->judge(request, peer.remote);
  if (admission.refused()) return turn_away(router, request, peer, reply, admission);
  if (is_audited(request, peer)) {
    reply.watched = true;
    audit_.begun(request, router.name_of(request.code), peer, who_of(request));
  }
  router.dispatch(request, peer, reply, admission.account);
}

void FrontDoor::turn_away(const Router& router, const protocol::CommandView& request, const net::Peer& peer,
                          const net::Reply& reply, const acl::Admission& admission) {
  if (admission.account != nullptr) {
    ++refusals_.not_permitted;
  } else {
    ++(request.find(protocol::kAccessKeyField) == nullptr ? refusals_.not_signed : refusals_.wrong_signature);
  }
  if (is_audited(request, peer)) {
    audit_.refused(request, router.name_of(request.code), peer, who_of(request), admission.refusal);
  } else if (const auto now = std::chrono::steady_clock::now(); now >= next_complaint_) {
    next_complaint_ = now + kComplaintPause;
    base::log("acl")->warn("request refused who={} peer={} code={} refused_total={} reason={}",
                           base::log_quoted(who_of(request)), to_string(peer.remote), request.code,
                           refusals_.all(), base::log_quoted(admission.refusal));
  }
  send_answer(reply, response_code::kNoPermission, admission.refusal, {}, {});
}

void FrontDoor::replace(acl::Accounts accounts) {
  if (gate_) gate_->replace(std::move(accounts));
}

}  // namespace mq::broker
