#pragma once
#include <bit>
#include <cstddef>
#include <string>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// Reading and writing of JSON strings, sixteen bytes at a time where the processor can.
namespace mq::protocol {

// Bytes beyond its result that unescape() may overwrite.
inline constexpr std::size_t kUnescapeSlack = 16;

// Most bytes put_quoted() writes for a text of `size` bytes.
constexpr std::size_t quoted_size_max(std::size_t size) { return size * 6 + 2; }

// The first quote that ends a string, given the text behind its opening quote; nullptr when there is none.
// `escaped` becomes true when the string has a backslash. Escapes are not judged.
const char* find_closing_quote(const char* at, const char* end, bool& escaped);

// The same for the usual case, a short string without escapes; nullptr sends the caller to
// find_closing_quote().
inline const char* find_near_quote(const char* at, const char* end) {
#ifdef __SSE2__
  if (end - at < 16) return nullptr;
  // One character: a branch, which the processor foresees, in place of waiting for the block.
  if (at[1] == '"' && at[0] != '"' && at[0] != '\\') return at + 1;
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const auto mask = [block](char wanted) {
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(wanted))));
  };
  const unsigned quotes = mask('"');
  // Bits below the first quote.
  if (quotes == 0 || (mask('\\') & (quotes - 1) & ~quotes) != 0) return nullptr;
  return at + std::countr_zero(quotes);
#else
  (void)at, (void)end;
  return nullptr;
#endif
}

// Writes `text` as a JSON string with its quotes and returns the end. Bytes above 0x7f stay as they are.
// Pre: room for quoted_size_max(text.size()).
char* put_quoted(char* to, std::string_view text);
void append_quoted(std::string& out, std::string_view text);

// Undoes JSON escapes and returns the end of what it wrote, or nullptr when an escape is broken, a lone
// surrogate included. Pre: room for text.size() + kUnescapeSlack.
char* unescape(char* to, std::string_view text);

}  // namespace mq::protocol
