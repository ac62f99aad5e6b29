#include "mq/broker/tag_filter.hpp"

#include <algorithm>

#include "mq/model/names.hpp"
#include "mq/model/record.hpp"

namespace mq::broker {
namespace {
std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}
}  // namespace

TagFilter::TagFilter(std::vector<std::string> tags) : tags_(std::move(tags)) {
  hashes_.reserve(tags_.size());
  for (const auto& tag : tags_) hashes_.push_back(tag_hash(tag));
}

TagFilter TagFilter::of(const std::vector<std::string>& tags) { return TagFilter(tags); }

std::optional<TagFilter> TagFilter::parse(std::string_view expression) {
  expression = trim(expression);
  if (expression.empty() || expression == "*") return TagFilter();
  std::vector<std::string> tags;
  while (true) {
    const auto bar = expression.find("||");
    const auto tag = trim(expression.substr(0, bar));
    if (!tag.empty()) tags.emplace_back(tag);
    if (bar == std::string_view::npos) break;
    expression.remove_prefix(bar + 2);
  }
  if (tags.empty()) return std::nullopt;
  return TagFilter(std::move(tags));
}

bool TagFilter::may_match(std::int64_t hash) const {
  return tags_.empty() || std::ranges::find(hashes_, hash) != hashes_.end();
}

bool TagFilter::matches(std::string_view tag) const {
  return tags_.empty() || std::ranges::find(tags_, tag) != tags_.end();
}

// Layout: rocketmq-wire.md 3.1.
std::string_view properties_of(base::BytesView record) {
  constexpr std::uint32_t kMagicV2 = 0xdaa320ab;
  base::ByteReader reader(record);
  reader.take(4);
  const auto magic = reader.number<std::uint32_t>();
  reader.take(28);
  const auto flags = reader.number<std::int32_t>();
  const auto host = [&](std::int32_t v6) { return (flags & v6) != 0 ? std::size_t{20} : std::size_t{8}; };
  reader.take(8 + host(sys_flag::kBornHostV6) + 8 + host(sys_flag::kStoreHostV6) + 4 + 8);
  const auto body = reader.number<std::int32_t>();
  reader.take(body < 0 ? record.size() + 1 : static_cast<std::size_t>(body));
  reader.take(magic == kMagicV2 ? reader.number<std::uint16_t>() : reader.number<std::uint8_t>());
  const auto properties = reader.text(reader.number<std::uint16_t>());
  return reader.ok() ? properties : std::string_view{};
}

}  // namespace mq::broker
