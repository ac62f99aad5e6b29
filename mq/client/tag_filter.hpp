#pragma once
#include <set>
#include <string>
#include <string_view>

namespace mq::client {

// "TagA || TagB", "*" or "" as a set of tags. The broker filters by hash, and hashes collide ("Aa" and
// "BB"), so every message is compared by text once more (rocketmq-wire.md 4.5).
class TagFilter {
 public:
  explicit TagFilter(std::string_view expression);

  [[nodiscard]] bool matches(std::string_view tag) const;
  // The normal form: what heartbeats carry, equal on all members of a group.
  [[nodiscard]] const std::string& expression() const { return expression_; }
  // Empty: everything matches.
  [[nodiscard]] const std::set<std::string, std::less<>>& tags() const { return tags_; }

 private:
  std::set<std::string, std::less<>> tags_;
  std::string expression_;
};

}  // namespace mq::client
