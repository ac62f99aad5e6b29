#include "mq/acl/address_rules.hpp"

#include <charconv>
#include <cstdint>

namespace mq::acl {
namespace {

constexpr std::size_t kRulesMax = 1000;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::uint8_t> parse_byte(std::string_view text) {
  std::uint8_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The part before `separator`, which goes with it; all of it when there is none outside braces.
std::string_view take_part(std::string_view& rest, char separator) {
  int depth = 0;
  std::size_t at = 0;
  for (; at < rest.size(); ++at) {
    if (rest[at] == '{') ++depth;
    if (rest[at] == '}') --depth;
    if (rest[at] == separator && depth == 0) break;
  }
  const auto part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return trimmed(part);
}

}  // namespace

std::optional<AddressRules::Octets> AddressRules::parse_octets(std::string_view text) {
  Octets octets;
  if (text == "*") return octets.set();
  if (text.size() > 2 && text.starts_with('{') && text.ends_with('}')) {
    for (auto rest = text.substr(1, text.size() - 2); !rest.empty();) {
      const auto value = parse_byte(take_part(rest, ','));
      if (!value) return std::nullopt;
      octets.set(*value);
    }
    return octets;
  }
  const auto dash = text.find('-');
  const auto low = parse_byte(text.substr(0, dash));
  const auto high = dash == std::string_view::npos ? low : parse_byte(text.substr(dash + 1));
  if (!low || !high || *low > *high) return std::nullopt;
  for (unsigned value = *low; value <= *high; ++value) octets.set(value);
  return octets;
}

std::optional<AddressRules::Rule> AddressRules::parse(std::string_view text) {
  Rule rule;
  if (text == "*") text = "*.*.*.*";
  for (std::size_t i = 0; i < rule.size(); ++i) {
    const auto octets = parse_octets(take_part(text, '.'));
    if (!octets) return std::nullopt;
    rule[i] = *octets;
  }
  if (!text.empty()) return std::nullopt;
  return rule;
}

bool AddressRules::add(std::string_view text) {
  std::vector<Rule> added;
  if (trimmed(text).empty()) return true;
  while (!text.empty()) {
    const auto rule = parse(take_part(text, ','));
    if (!rule || rules_.size() + added.size() >= kRulesMax) return false;
    added.push_back(*rule);
  }
  rules_.insert(rules_.end(), added.begin(), added.end());
  return true;
}

bool AddressRules::match(const Host& remote) const {
  for (const auto& rule : rules_) {
    bool all = true;
    for (std::size_t i = 0; i < rule.size(); ++i) all = all && rule[i].test(remote.ip[i]);
    if (all) return true;
  }
  return false;
}

}  // namespace mq::acl
