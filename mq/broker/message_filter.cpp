#include "mq/broker/message_filter.hpp"

#include <utility>

#include "mq/model/properties.hpp"

namespace mq::broker {
namespace {

constexpr std::string_view kSelector = "SQL92";

bool is_tags(std::string_view type) { return type.empty() || type == "TAG"; }

}  // namespace

bool MessageFilter::everything() const {
  const auto* const tags = std::get_if<TagFilter>(&wanted_);
  return tags != nullptr && tags->everything();
}

bool MessageFilter::may_match(std::int64_t tag_hash) const {
  const auto* const tags = std::get_if<TagFilter>(&wanted_);
  return tags == nullptr || tags->may_match(tag_hash);
}

bool MessageFilter::matches(std::string_view properties) const {
  if (const auto* const tags = std::get_if<TagFilter>(&wanted_)) {
    return tags->matches(find_property(properties, property::kTags).value_or(""));
  }
  return std::get<filter::Selector>(wanted_).matches(properties);
}

ParsedFilter parse_filter(std::string_view type, std::string_view expression) {
  if (is_tags(type)) {
    auto tags = TagFilter::parse(expression);
    if (!tags) return {nullptr, "there is no tag in it"};
    return {std::make_shared<const MessageFilter>(*std::move(tags)), {}};
  }
  if (type != kSelector) return {nullptr, "there are no expressions of type " + std::string(type)};
  std::string problem;
  auto selector = filter::Selector::parse(expression, problem);
  if (!selector) return {nullptr, std::move(problem)};
  return {std::make_shared<const MessageFilter>(*std::move(selector)), {}};
}

Verdict check_filter_type(std::string_view type, bool selectors) {
  if (is_tags(type) || (selectors && type == kSelector)) return {};
  return refuse(response_code::kSystemError,
                "The broker does not support consumer to filter message by " + std::string(type));
}

}  // namespace mq::broker
