#pragma once
#include <map>
#include <set>
#include <vector>

#include "mq/model/names.hpp"

namespace mq::storage {

// Half messages that nobody has decided. Each is named for good by the offset at which it was sent: that is
// what producers and decisions say. Where it stands is another place once it was carried forward.
//
// Thread rule: of whoever owns it.
class HalfMessages {
 public:
  void add(LogOffset half) { at_home_.insert(at_home_.end(), half); }
  void decide(LogOffset half);
  // It stands at `to` now as well. The place before is known until the next move.
  void carry(LogOffset half, LogOffset to);

  [[nodiscard]] bool contains(LogOffset half) const {
    return at_home_.contains(half) || carried_.contains(half);
  }
  struct Place {
    LogOffset now;
    LogOffset before;  // where it stood when `now` was appended
  };
  // Pre: contains(half).
  [[nodiscard]] Place place_of(LogOffset half) const;
  // The one that stands nearest to the log's beginning. Pre: !empty().
  struct Standing {
    LogOffset half;
    LogOffset at;
  };
  [[nodiscard]] Standing oldest() const;
  [[nodiscard]] bool empty() const { return at_home_.empty() && carried_.empty(); }
  [[nodiscard]] std::size_t size() const { return at_home_.size() + carried_.size(); }
  // All of them by name, ascending; those that were carried, by name.
  [[nodiscard]] std::vector<LogOffset> all() const;
  [[nodiscard]] const std::map<LogOffset, Place>& carried() const { return carried_; }

 private:
  std::set<LogOffset> at_home_;              // those that stand where they were sent
  std::map<LogOffset, Place> carried_;       // by name
  std::map<LogOffset, LogOffset> by_place_;  // the names of those
};

}  // namespace mq::storage
