#pragma once
#include <algorithm>
#include <cstddef>
#include <deque>
#include <queue>
#include <vector>

#include "mq/storage/message_store.hpp"

namespace mq::broker {

// What waits, by due time, then origin; a million of them in 16 bytes each. Rows of timers that were carried
// forward stay until they come up, or until there are so many that tidy() takes them out, bite by bite.
//
// No operation moves more than a few rows: a vector that grows would stop the loop for milliseconds.
// Thread rule: the hot thread.
class TimerQueue {
 public:
  // In order.
  void load(std::vector<storage::PendingTimer> sorted) {
    heap_ = Heap(Later{}, {sorted.begin(), sorted.end()});
    old_ = {};
    left_ = 0;
  }
  void push(const storage::PendingTimer& timer) { heap_.push(timer); }
  // Pre: !empty().
  [[nodiscard]] const storage::PendingTimer& top() const { return (old_is_next() ? old_ : heap_).top(); }
  void pop() { (old_is_next() ? old_ : heap_).pop(); }
  // One of the rows has no timer any more.
  void leave_one() { ++left_; }
  // The same as pop(). Pre: top() is such a row.
  void pop_left();

  // Whether no row is left; how many timers there are.
  [[nodiscard]] bool empty() const { return heap_.empty() && old_.empty(); }
  [[nodiscard]] std::size_t size() const {
    const auto rows = heap_.size() + old_.size();
    return rows - std::min(left_, rows);
  }
  // Those that are due first, at most `max`; fewer where most of the first rows have left. Looks at about
  // four times as many rows.
  template <class HasLeft>
  [[nodiscard]] std::vector<storage::PendingTimer> next(std::size_t max, HasLeft has_left) const {
    auto found = first_rows(2 * max + kLookMore);
    std::erase_if(found, has_left);
    found.resize(std::min(found.size(), max));
    return found;
  }

  // A bite of taking out the rows of which `has_left` is true, when they are many.
  template <class HasLeft>
  void tidy(HasLeft has_left) {
    if (old_.empty()) {
      if (left_ < kLeftMin || left_ < heap_.size() / 2) return;
      std::swap(heap_, old_);
    }
    for (std::size_t bite = kBite; bite > 0 && !old_.empty(); --bite) {
      const auto row = old_.take_last();
      if (has_left(row)) {
        --left_;
      } else {
        heap_.push(row);
      }
    }
  }

 private:
  static constexpr std::size_t kLeftMin = 1024;
  static constexpr std::size_t kBite = 256;
  static constexpr std::size_t kLookMore = 64;

  struct Later {
    bool operator()(const storage::PendingTimer& a, const storage::PendingTimer& b) const {
      return a.due_ms != b.due_ms ? a.due_ms > b.due_ms : a.origin > b.origin;
    }
  };
  // A deque: it gives memory back and never moves its rows.
  struct Heap : std::priority_queue<storage::PendingTimer, std::deque<storage::PendingTimer>, Later> {
    using priority_queue::priority_queue;
    [[nodiscard]] const container_type& rows() const { return c; }  // the children of i: 2i + 1 and 2i + 2
    // Any leaf may go without a change to the others.
    storage::PendingTimer take_last() {
      const auto last = c.back();
      c.pop_back();
      return last;
    }
  };
  [[nodiscard]] bool old_is_next() const {
    return !old_.empty() && (heap_.empty() || Later{}(heap_.top(), old_.top()));
  }
  [[nodiscard]] std::vector<storage::PendingTimer> first_rows(std::size_t max) const;
  static void first_rows(const Heap& heap, std::size_t max, std::vector<storage::PendingTimer>& out);

  Heap heap_;
  Heap old_;              // what tidy() has still to look at
  std::size_t left_ = 0;  // rows without a timer
};

}  // namespace mq::broker
