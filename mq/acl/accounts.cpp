#include "mq/acl/accounts.hpp"

#include "mq/model/names.hpp"

namespace mq::acl {

bool Account::may(Resource kind, std::string_view name, Actions any_of) const {
  if (admin) return true;
  for (const auto prefix : {kRetryPrefix, kDeadLetterPrefix}) {
    if (kind != Resource::topic || !name.starts_with(prefix)) continue;
    // A consumer that cannot send a message back puts it into the retry topic by itself.
    const auto wanted = (any_of & action::kPub) != 0 ? static_cast<Actions>(any_of | action::kSub) : any_of;
    return may(Resource::group, name.substr(prefix.size()), wanted);
  }
  const auto& named = kind == Resource::topic ? topics : groups;
  const auto found = named.find(name);
  if (found != named.end()) return found->second.allows(any_of);
  return (kind == Resource::topic ? default_topic : default_group).allows(any_of);
}

}  // namespace mq::acl
