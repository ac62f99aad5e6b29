#include "mq/client/rebalance.hpp"

#include <algorithm>

namespace mq::client {
namespace {
template <class T>
void sort_unique(std::vector<T>& items) {
  std::ranges::sort(items);
  items.erase(std::ranges::unique(items).begin(), items.end());
}
}  // namespace

std::vector<MessageQueue> allocate_average(std::vector<std::string> members, std::vector<MessageQueue> queues,
                                           const std::string& self) {
  sort_unique(members);
  sort_unique(queues);
  const auto found = std::ranges::lower_bound(members, self);
  if (found == members.end() || *found != self) return {};

  const auto place = static_cast<std::size_t>(found - members.begin());
  const std::size_t share = queues.size() / members.size();
  const std::size_t longer = queues.size() % members.size();  // so many shares have one queue more
  const std::size_t begin = place * share + std::min(place, longer);
  const std::size_t end = begin + share + (place < longer ? 1 : 0);
  return {queues.begin() + static_cast<std::ptrdiff_t>(begin),
          queues.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace mq::client
