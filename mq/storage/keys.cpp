#include "mq/storage/keys.hpp"

#include <bit>
#include <boost/endian/conversion.hpp>
#include <cstring>

#include "mq/model/properties.hpp"

namespace mq::storage {
namespace {

constexpr char kKeyEnd = '\x01';
constexpr char kItemEnd = '\x02';
constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;
constexpr int kRotation = 29;

std::uint64_t fold(std::uint64_t state, std::string_view text) {
  state = (state ^ text.size()) * kMultiplier;
  while (!text.empty()) {
    std::uint64_t word = 0;
    const auto count = text.size() < sizeof word ? text.size() : sizeof word;
    std::memcpy(&word, text.data(), count);
    boost::endian::little_to_native_inplace(word);
    state = std::rotl(state ^ word, kRotation) * kMultiplier;
    text.remove_prefix(count);
  }
  return state;
}

}  // namespace

IndexedProperties indexed_properties(std::string_view properties) {
  IndexedProperties found;
  while (!properties.empty()) {
    const auto end = properties.find(kItemEnd);
    const auto item = properties.substr(0, end);
    properties = end == std::string_view::npos ? std::string_view{} : properties.substr(end + 1);
    if (item.empty() || (item[0] != 'T' && item[0] != 'K' && item[0] != 'U')) continue;
    const auto split = item.find(kKeyEnd);
    if (split == std::string_view::npos || split + 1 == item.size()) continue;
    const auto key = item.substr(0, split);
    const auto value = item.substr(split + 1);
    if (key == property::kTags) found.tag = value;
    if (key == property::kKeys) found.keys = value;
    if (key == property::kUniqueKey) found.unique_key = value;
  }
  return found;
}

std::uint64_t topic_key_state(std::string_view topic) { return fold(kMultiplier, topic); }

std::uint64_t key_hash(std::uint64_t topic_state, std::string_view key) {
  const auto state = fold(topic_state, key);
  return state ^ (state >> 32);
}

}  // namespace mq::storage
