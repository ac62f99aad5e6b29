#include "mq/broker/timer_queue.hpp"

#include <algorithm>

#include "mq/base/assert.hpp"

namespace mq::broker {

void TimerQueue::pop_left() {
  BASE_ASSERT(left_ > 0, "every row without a timer is counted");
  --left_;
  pop();
}

std::vector<storage::PendingTimer> TimerQueue::first_rows(std::size_t max) const {
  std::vector<storage::PendingTimer> found;
  first_rows(heap_, max, found);
  first_rows(old_, max, found);
  std::ranges::sort(found, [](const auto& a, const auto& b) { return Later{}(b, a); });
  found.resize(std::min(found.size(), max));
  return found;
}

void TimerQueue::first_rows(const Heap& heap, std::size_t max, std::vector<storage::PendingTimer>& out) {
  const auto& rows = heap.rows();
  const auto later = [&](std::size_t a, std::size_t b) { return Later{}(rows[a], rows[b]); };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> at(later);
  if (!rows.empty()) at.push(0);
  for (auto found = std::size_t{0}; !at.empty() && found < max; ++found) {
    const auto row = at.top();
    at.pop();
    out.push_back(rows[row]);
    for (const auto child : {2 * row + 1, 2 * row + 2}) {
      if (child < rows.size()) at.push(child);
    }
  }
}

}  // namespace mq::broker
