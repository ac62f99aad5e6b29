#include "mq/acl/gate.hpp"

#include <string_view>
#include <utility>

#include "mq/acl/demands.hpp"

namespace mq::acl {
namespace {

// One sentence for both, so that nobody learns which access keys there are.
constexpr std::string_view kWrong = "the access key is unknown or the signature is wrong";

std::string_view verb_of(const Demand& demand) {
  const bool sends = (demand.any_of & action::kPub) != 0;
  const bool consumes = (demand.any_of & action::kSub) != 0;
  if (sends && !consumes && demand.kind == Resource::topic) return "send to topic ";
  if (demand.kind == Resource::topic) return consumes && !sends ? "consume from topic " : "ask about topic ";
  return consumes ? "consume in group " : "ask about group ";
}

Admission refuse(std::string why) { return {.account = nullptr, .refusal = std::move(why)}; }

}  // namespace

std::string first_unmet(const Account& account, const protocol::CommandView& request) {
  if (account.admin) return {};
  const auto demands = demands_of(request);
  for (const auto& demand : demands.all) {
    if (demand.name.empty() || account.may(demand.kind, demand.name, demand.any_of)) continue;
    return "access key " + account.access_key + " may not " + std::string(verb_of(demand)) + demand.name;
  }
  if (!demands.admin) return {};
  return "access key " + account.access_key + " may not make requests of type " +
         std::to_string(request.code) + " like this one: they are an administrator's";
}

Admission Gate::judge(const protocol::CommandView& request, const Host& remote) const {
  if (accounts_.trusted.match(remote)) return {};
  const auto* field = request.find(protocol::kAccessKeyField);
  if (field == nullptr) return refuse("the request is not signed: this server wants an access key");
  std::string name;
  const auto found = unescape_to(name, *field) ? accounts_.by_key.find(name) : accounts_.by_key.end();
  if (found == accounts_.by_key.end()) return refuse(std::string(kWrong));
  const auto& account = found->second;
  if (account.trusted.match(remote)) return {};
  if (!account.key.has_signed(request)) return refuse(std::string(kWrong));
  Admission admission{.account = &account, .refusal = first_unmet(account, request)};
  return admission;
}

}  // namespace mq::acl
