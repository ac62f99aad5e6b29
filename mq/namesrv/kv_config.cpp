#include "mq/namesrv/kv_config.hpp"

#include <optional>

namespace mq::namesrv {
namespace {
// Namespaces and keys are free text: the length in front keeps two of them from meaning the same.
std::string prefix_of(std::string_view name_space) {
  return std::to_string(name_space.size()).append("/").append(name_space).append("/");
}
}  // namespace

void KvConfig::load(const broker::Metadata& metadata) { entries_.load(metadata); }

base::Result<LogOffset> KvConfig::put(std::string_view name_space, std::string_view key, std::string value) {
  return entries_.put(prefix_of(name_space).append(key), std::move(value));
}

base::Result<LogOffset> KvConfig::remove(std::string_view name_space, std::string_view key) {
  return entries_.erase(prefix_of(name_space).append(key));
}

const std::string* KvConfig::find(std::string_view name_space, std::string_view key) const {
  return entries_.find_durable(prefix_of(name_space).append(key));
}

std::map<std::string, std::string> KvConfig::list(std::string_view name_space) const {
  std::map<std::string, std::string> found;
  const auto prefix = prefix_of(name_space);
  for (const auto& [name, value] : entries_.durable()) {
    if (name.starts_with(prefix)) found.emplace(name.substr(prefix.size()), *value);
  }
  return found;
}

}  // namespace mq::namesrv
