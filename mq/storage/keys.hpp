#pragma once
#include <cstdint>
#include <string_view>

namespace mq::storage {

// The three properties an append looks at, found in one pass over the property string.
struct IndexedProperties {
  std::string_view tag;
  std::string_view keys;  // separated by blanks
  std::string_view unique_key;
};
IndexedProperties indexed_properties(std::string_view properties);

// The hash that the key index is sorted by (FORMAT.md, "Key hash"): finish(fold(topic state, key)).
std::uint64_t topic_key_state(std::string_view topic);
std::uint64_t key_hash(std::uint64_t topic_state, std::string_view key);

// Calls `visit` with every key of a message: the words of KEYS, then UNIQ_KEY.
template <class Visit>
void for_each_key(const IndexedProperties& properties, Visit visit) {
  auto rest = properties.keys;
  while (!rest.empty()) {
    const auto blank = rest.find(' ');
    const auto word = rest.substr(0, blank);
    if (!word.empty()) visit(word);
    rest = blank == std::string_view::npos ? std::string_view{} : rest.substr(blank + 1);
  }
  if (!properties.unique_key.empty()) visit(properties.unique_key);
}

}  // namespace mq::storage
