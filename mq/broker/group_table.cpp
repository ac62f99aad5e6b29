#include "mq/broker/group_table.hpp"

#include <array>

#include "mq/base/log.hpp"
#include "mq/model/names.hpp"

namespace mq::broker {
namespace {

constexpr std::int32_t kReadBit = 1 << 2;  // upstream's PermName.INDEX_PERM_READ

// Neither name may have an '@'.
std::string forbidden_key(std::string_view group, std::string_view topic) {
  return std::string(topic).append("@").append(group);
}

constexpr std::array<std::string_view, 8> kStartupGroups{
    "TOOLS_CONSUMER",  "FILTERSRV_CONSUMER",    "SELF_TEST_C_GROUP", "CID_ONS-HTTP-PROXY",
    "CID_ONSAPI_PULL", "CID_ONSAPI_PERMISSION", "CID_ONSAPI_OWNER",  "CID_RMQ_SYS_TRANS"};

GroupConfig make_group(std::string_view name) {
  GroupConfig group;
  group.group = name;
  return group;
}

}  // namespace

base::Result<LogOffset> GroupTable::load(const Metadata& metadata) {
  for (const auto& key : groups_.load(metadata)) {
    base::log("groups")->error("stored group makes no sense and is ignored key={}", key);
  }
  forbidden_.load(metadata);
  std::vector<std::pair<std::string, GroupConfig>> missing;
  for (const auto name : kStartupGroups) {
    if (find(name) == nullptr) missing.emplace_back(name, make_group(name));
  }
  return groups_.put(std::move(missing));
}

GroupTable::Known GroupTable::find_or_create(std::string_view name) {
  if (const auto* group = find(name)) return {group, groups_.since(name), {}};
  const bool valid = is_valid_group(name);
  if (!auto_create_ || !valid) {
    return {nullptr, LogOffset{0},
            refuse(response_code::kSubscriptionGroupNotExist,
                   "subscription group [" + std::string(name) + "] does not exist")};
  }
  const auto until = put(make_group(name));
  if (!until) {
    return {nullptr, LogOffset{0},
            refuse(response_code::kServiceNotAvailable,
                   "the group cannot be stored: " + until.error().message())};
  }
  return {find(name), *until, {}};
}

base::Result<LogOffset> GroupTable::put(GroupConfig group) {
  auto name = group.group;
  return groups_.put(std::move(name), std::move(group));
}

base::Result<LogOffset> GroupTable::forbid(std::string_view group, std::string_view topic, bool forbidden) {
  auto key = forbidden_key(group, topic);
  return forbidden ? forbidden_.put(std::move(key), true) : forbidden_.erase(key);
}

bool GroupTable::is_forbidden(std::string_view group, std::string_view topic) const {
  return forbidden_.size() > 0 && forbidden_.find(forbidden_key(group, topic)) != nullptr;
}

std::map<std::string, std::map<std::string, std::int32_t>> GroupTable::forbidden() const {
  std::map<std::string, std::map<std::string, std::int32_t>> all;
  for (const auto& [key, mark] : forbidden_.durable()) {
    const auto at = key.find('@');
    all[std::string(key.substr(at + 1))].emplace(key.substr(0, at), kReadBit);
  }
  return all;
}

}  // namespace mq::broker
