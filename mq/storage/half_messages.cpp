#include "mq/storage/half_messages.hpp"

#include <algorithm>

#include "mq/base/assert.hpp"

namespace mq::storage {

void HalfMessages::decide(LogOffset half) {
  if (at_home_.erase(half) > 0) return;
  const auto found = carried_.find(half);
  if (found == carried_.end()) return;
  by_place_.erase(found->second.now);
  carried_.erase(found);
}

void HalfMessages::carry(LogOffset half, LogOffset to) {
  auto before = half;
  if (at_home_.erase(half) == 0) {
    const auto found = carried_.find(half);
    if (found == carried_.end()) return;
    before = found->second.now;
    by_place_.erase(before);
  }
  carried_.insert_or_assign(half, Place{to, before});
  by_place_.insert_or_assign(to, half);
}

HalfMessages::Place HalfMessages::place_of(LogOffset half) const {
  const auto found = carried_.find(half);
  if (found != carried_.end()) return found->second;
  BASE_ASSERT(at_home_.contains(half), "only what is undecided has a place");
  return {half, half};
}

HalfMessages::Standing HalfMessages::oldest() const {
  BASE_ASSERT(!empty(), "callers look first");
  if (by_place_.empty() || (!at_home_.empty() && *at_home_.begin() < by_place_.begin()->first)) {
    return {*at_home_.begin(), *at_home_.begin()};
  }
  return {by_place_.begin()->second, by_place_.begin()->first};
}

std::vector<LogOffset> HalfMessages::all() const {
  std::vector<LogOffset> names;
  names.reserve(size());
  for (const auto& [half, place] : carried_) names.push_back(half);
  names.insert(names.end(), at_home_.begin(), at_home_.end());
  std::ranges::sort(names);
  return names;
}

}  // namespace mq::storage
