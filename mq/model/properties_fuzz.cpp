// Any text as a property string: looking up agrees with the map, before and after changes.
#include <cstdint>

#include "mq/base/assert.hpp"
#include "mq/model/properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  auto items = mq::parse_properties(text);
  for (const auto& [key, value] : items) {
    BASE_ASSERT(mq::find_property(text, key) == value, "both readers see the same");
  }
  mq::set_property(text, "TAGS", "new");
  items["TAGS"] = "new";
  BASE_ASSERT(mq::parse_properties(text) == items, "a change changes one item");
  mq::remove_property(text, "TAGS");
  items.erase("TAGS");
  BASE_ASSERT(mq::parse_properties(text) == items, "and so does its removal");
  // A second separator belongs to a value that is read, and to none that is written.
  std::erase_if(items, [](const auto& item) { return item.second.contains('\x01'); });
  BASE_ASSERT(mq::parse_properties(mq::format_properties(items)) == items, "a map comes back");
  return 0;
}
