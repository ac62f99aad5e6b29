#include "mq/client/tag_filter.hpp"

namespace mq::client {
namespace {
std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}
}  // namespace

TagFilter::TagFilter(std::string_view expression) {
  static constexpr std::string_view kOr = "||";
  for (auto rest = expression;;) {
    const auto end = rest.find(kOr);
    const auto tag = trimmed(rest.substr(0, end));
    if (!tag.empty()) tags_.emplace(tag);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + kOr.size());
  }
  if (tags_.contains("*")) tags_.clear();
  for (const auto& tag : tags_) {
    if (!expression_.empty()) expression_ += " || ";
    expression_ += tag;
  }
  if (expression_.empty()) expression_ = "*";
}

bool TagFilter::matches(std::string_view tag) const { return tags_.empty() || tags_.contains(tag); }

}  // namespace mq::client
