#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "mq/broker/answer.hpp"
#include "mq/broker/tag_filter.hpp"
#include "mq/filter/selector.hpp"

namespace mq::broker {

// Which messages of a topic a subscription wants, told by tags or by a SQL92 selector over properties.
// Immutable: a subscription shares it with pulls in flight.
class MessageFilter {
 public:
  MessageFilter() = default;  // everything
  explicit MessageFilter(TagFilter tags) : wanted_(std::move(tags)) {}
  explicit MessageFilter(filter::Selector selector) : wanted_(std::move(selector)) {}

  [[nodiscard]] bool everything() const;
  // May an entry whose tag has this hash match? A false yes costs one read. Selectors always may.
  [[nodiscard]] bool may_match(std::int64_t tag_hash) const;
  [[nodiscard]] bool matches(std::string_view properties) const;

 private:
  std::variant<TagFilter, filter::Selector> wanted_;
};

struct ParsedFilter {
  std::shared_ptr<const MessageFilter> filter;  // nothing: the expression makes no sense
  std::string problem;                          // then: why
};
// `type` as clients write it: TAG or nothing, SQL92. Any other type makes no sense.
ParsedFilter parse_filter(std::string_view type, std::string_view expression);

// Whether this broker filters by expressions of that type; refused with the genuine broker's words.
// `selectors`: the setting enablePropertyFilter, off unless asked for, as upstream.
Verdict check_filter_type(std::string_view type, bool selectors);

}  // namespace mq::broker
