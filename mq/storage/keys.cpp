#include "mq/storage/keys.hpp"

#include <bit>
#include <boost/endian/conversion.hpp>
#include <cstring>

#include "mq/model/properties.hpp"
#include "mq/model/property_scan.hpp"

namespace mq::storage {
namespace {

constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;
constexpr int kRotation = 29;

std::uint64_t fold(std::uint64_t state, std::string_view text) {
  state = (state ^ text.size()) * kMultiplier;
  const auto add = [&state](std::uint64_t word) {
    state = std::rotl(state ^ boost::endian::little_to_native(word), kRotation) * kMultiplier;
  };
  std::uint64_t word = 0;
  for (; text.size() >= sizeof word; text.remove_prefix(sizeof word)) {
    std::memcpy(&word, text.data(), sizeof word);
    add(word);
  }
  if (text.empty()) return state;
  word = 0;
  std::memcpy(&word, text.data(), text.size());
  add(word);
  return state;
}

}  // namespace

IndexedProperties indexed_properties(std::string_view properties) {
  IndexedProperties found;
  for_each_property(properties, [&found](std::string_view item) {
    if (item.empty() || (item[0] != 'T' && item[0] != 'K' && item[0] != 'U')) return;
    const auto [key, value] = split_property(item);
    if (value.empty()) return;
    if (key == property::kTags) found.tag = value;
    if (key == property::kKeys) found.keys = value;
    if (key == property::kUniqueKey) found.unique_key = value;
  });
  return found;
}

std::uint64_t topic_key_state(std::string_view topic) { return fold(kMultiplier, topic); }

std::uint64_t key_hash(std::uint64_t topic_state, std::string_view key) {
  const auto state = fold(topic_state, key);
  return state ^ (state >> 32);
}

}  // namespace mq::storage
