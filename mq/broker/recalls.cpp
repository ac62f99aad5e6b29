#include "mq/broker/recalls.hpp"

#include <charconv>
#include <string_view>

namespace mq::broker {
namespace {
constexpr std::string_view kPrefix = "recall/";
}  // namespace

std::string Recalls::meta_key(LogOffset timer) {
  return std::string(kPrefix).append(std::to_string(timer.value()));
}

void Recalls::load(const Metadata& metadata) {
  for (const auto& [key, value] : metadata) {
    if (!key.starts_with(kPrefix)) continue;
    const auto text = std::string_view(key).substr(kPrefix.size());
    std::int64_t at = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), at).ec == std::errc{}) {
      timers_.insert(LogOffset{at});
    }
  }
}

base::Result<LogOffset> Recalls::add(LogOffset timer) {
  if (contains(timer)) return store_.end();
  const auto end = store_.put_meta({{meta_key(timer), ""}});
  if (end) timers_.insert(timer);
  return end;
}

bool Recalls::drop(LogOffset timer) {
  if (!store_.drop_timer(timer, {{meta_key(timer), std::nullopt}})) return false;
  timers_.erase(timer);
  return true;
}

bool Recalls::drop(const storage::MessageStore::Held& timer) {
  if (!store_.drop_held(timer, {{meta_key(timer.at), std::nullopt}})) return false;
  timers_.erase(timer.at);
  return true;
}

}  // namespace mq::broker
