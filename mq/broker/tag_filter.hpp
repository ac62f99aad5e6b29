#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/bytes.hpp"

namespace mq::broker {

// "A || B": which messages of a topic a subscription wants. Compared by hash in the queue entry first,
// then by text in the record, because `Aa` and `BB` have the same hash.
class TagFilter {
 public:
  TagFilter() = default;  // everything
  // Nothing when the expression has no tag in it, such as "||" (code 23).
  static std::optional<TagFilter> parse(std::string_view expression);
  static TagFilter of(const std::vector<std::string>& tags);  // everything when empty

  [[nodiscard]] bool everything() const { return tags_.empty(); }
  // May an entry with this hash match? A false yes costs one read.
  [[nodiscard]] bool may_match(std::int64_t tag_hash) const;
  [[nodiscard]] bool matches(std::string_view tag) const;

 private:
  explicit TagFilter(std::vector<std::string> tags);

  std::vector<std::string> tags_;
  std::vector<std::int64_t> hashes_;
};

// The property string of an encoded record, found without decoding the rest. Pre: a record that the
// store gave out. Empty when the lengths do not add up.
std::string_view properties_of(base::BytesView record);

}  // namespace mq::broker
