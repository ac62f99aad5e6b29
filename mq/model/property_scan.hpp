#pragma once
#include <bit>
#include <cstddef>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace mq {

// Calls `use(item)` for each item of a property string (properties.hpp), without its end mark and even when
// it is empty or has no separator; the last end mark may be missing. Sixteen bytes at a time where the
// processor can: every message that is stored is looked through twice.
template <class Use>
void for_each_property(std::string_view properties, Use use) {
  constexpr char kItemEnd = '\x02';
  const char* const begin = properties.data();
  const std::size_t size = properties.size();
  std::size_t item = 0;
  std::size_t at = 0;
  const auto end_item = [&](std::size_t mark) {
    use(std::string_view(begin + item, mark - item));
    item = mark + 1;
  };
#ifdef __SSE2__
  constexpr std::size_t kBlock = 16;
  const auto wanted = _mm_set1_epi8(kItemEnd);
  for (; size - at >= kBlock; at += kBlock) {
    const auto block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin + at));
    auto marks = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, wanted)));
    for (; marks != 0; marks &= marks - 1) end_item(at + static_cast<std::size_t>(std::countr_zero(marks)));
  }
#endif
  for (; at < size; ++at) {
    if (begin[at] == kItemEnd) end_item(at);
  }
  if (item < size) end_item(size);
}

// An item's parts. What follows a second separator belongs to the value.
struct PropertyItem {
  std::string_view key;
  std::string_view value;  // empty: the item does not exist, as far as anybody is concerned
};
inline PropertyItem split_property(std::string_view item) {
  const auto separator = item.find('\x01');
  if (separator == std::string_view::npos) return {};
  return {item.substr(0, separator), item.substr(separator + 1)};
}

}  // namespace mq
