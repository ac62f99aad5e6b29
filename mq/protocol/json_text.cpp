#include "mq/protocol/json_text.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace mq::protocol {
namespace {

constexpr std::size_t kBlock = 16;

bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

#ifdef __SSE2__
__m128i load(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
void store(char* at, __m128i block) { _mm_storeu_si128(reinterpret_cast<__m128i*>(at), block); }

unsigned mask_of(__m128i block, char wanted) {
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(wanted))));
}

bool all_plain(__m128i block) {
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
  const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  return _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))) == 0;
}

template <class Int>
Int load_as(const char* at) {
  Int value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Copies `size` bytes in two overlapping halves and says whether none needs an escape.
// Pre: sizeof(Int) <= size <= 2 * sizeof(Int).
template <class Int>
bool copy_halves(char* to, const char* from, std::size_t size) {
  const Int first = load_as<Int>(from);
  const Int last = load_as<Int>(from + size - sizeof(Int));
  std::memcpy(to, &first, sizeof first);
  std::memcpy(to + size - sizeof(Int), &last, sizeof last);
  // Half of it twice, so that no lane is empty: a zero would look like a control character.
  if constexpr (sizeof(Int) == 8) {
    return all_plain(_mm_set_epi64x(static_cast<long long>(first), static_cast<long long>(last)));
  } else {
    const int a = static_cast<int>(first);
    const int b = static_cast<int>(last);
    return all_plain(_mm_set_epi32(a, b, a, b));
  }
}

// Copies and says whether no byte needs an escape; when one does, what was written is worthless.
bool copy_plain(char* to, const char* from, std::size_t size) {
  if (size < 4) {
    bool plain = true;
    for (std::size_t i = 0; i < size; ++i) {
      to[i] = from[i];
      plain = plain && is_plain(from[i]);
    }
    return plain;
  }
  if (size < 8) return copy_halves<std::uint32_t>(to, from, size);
  if (size < kBlock) return copy_halves<std::uint64_t>(to, from, size);
  for (std::size_t i = 0;; i += kBlock) {
    // The last block overlaps the one before.
    if (i + kBlock > size) i = size - kBlock;
    const __m128i block = load(from + i);
    if (!all_plain(block)) return false;
    store(to + i, block);
    if (i + kBlock == size) return true;
  }
}
#else
bool copy_plain(char* to, const char* from, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (!is_plain(from[i])) return false;
    to[i] = from[i];
  }
  return true;
}
#endif

char* put_escape(char* to, char c) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  *to++ = '\\';
  switch (c) {
    case '"':
    case '\\':
      *to++ = c;
      return to;
    case '\n':
      *to++ = 'n';
      return to;
    case '\r':
      *to++ = 'r';
      return to;
    case '\t':
      *to++ = 't';
      return to;
    default:
      break;
  }
  const auto value = static_cast<unsigned char>(c);
  *to++ = 'u';
  *to++ = '0';
  *to++ = '0';
  *to++ = kDigits[value >> 4];
  *to++ = kDigits[value & 0xf];
  return to;
}

// Value of each hex digit, -1 for any other byte.
constexpr std::array<std::int8_t, 256> kHexValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (const std::string_view digits : {"0123456789abcdef", "0123456789ABCDEF"}) {
    for (std::size_t i = 0; i < digits.size(); ++i) {
      values[static_cast<unsigned char>(digits[i])] = static_cast<std::int8_t>(i);
    }
  }
  return values;
}();

// The four digits of a \u escape; negative when one is none.
int hex4(const char* at, const char* end) {
  if (end - at < 4) return -1;
  const auto digit = [at](int i) { return int{kHexValues[static_cast<unsigned char>(at[i])]}; };
  // A -1 sets every bit above its place, the sign included.
  return digit(0) * 4096 | digit(1) * 256 | digit(2) * 16 | digit(3);
}

char* put_utf8(char* to, std::uint32_t point) {
  const auto put = [&to](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | (point >> 6));
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3f));
    put(0x80 | ((point >> 6) & 0x3f));
    put(0x80 | (point & 0x3f));
  }
  return to;
}

// Both advance. `from` stands behind "\u".
bool undo_unicode(const char*& from, const char* end, char*& to) {
  const int first = hex4(from, end);
  if (first < 0 || (first >= 0xdc00 && first <= 0xdfff)) return false;
  from += 4;
  auto point = static_cast<std::uint32_t>(first);
  if (first >= 0xd800 && first <= 0xdbff) {
    if (end - from < 6 || from[0] != '\\' || from[1] != 'u') return false;
    const int second = hex4(from + 2, end);
    if (second < 0xdc00 || second > 0xdfff) return false;
    from += 6;
    point = 0x10000U + ((point - 0xd800U) << 10) + (static_cast<std::uint32_t>(second) - 0xdc00U);
  }
  to = put_utf8(to, point);
  return true;
}

// Both advance. `from` stands at the backslash.
bool undo_escape(const char*& from, const char* end, char*& to) {
  // What stands between properties, and so nearly every escape there is.
  if (end - from >= 6 && std::memcmp(from, "\\u000", 5) == 0 && (from[5] == '1' || from[5] == '2')) {
    *to++ = static_cast<char>(from[5] - '0');
    from += 6;
    return true;
  }
  if (end - from < 2) return false;
  const char kind = from[1];
  from += 2;
  switch (kind) {
    case 'u':
      return undo_unicode(from, end, to);
    case '"':
    case '\\':
    case '/':
      *to++ = kind;
      return true;
    case 'b':
      *to++ = '\b';
      return true;
    case 'f':
      *to++ = '\f';
      return true;
    case 'n':
      *to++ = '\n';
      return true;
    case 'r':
      *to++ = '\r';
      return true;
    case 't':
      *to++ = '\t';
      return true;
    default:
      return false;
  }
}

#ifdef __SSE2__
// The escapes of what stands between properties, and so nearly every escape there is, as one word. Advances
// both. Pre: eight bytes to read.
bool undo_separator(const char*& from, char*& to) {
  static constexpr std::array<char, 8> kMarks{'\\', 'u', '0', '0', '0', '1', 0, 0};
  constexpr auto kOne = std::bit_cast<std::uint64_t>(kMarks);
  constexpr auto kSixBytes = (std::uint64_t{1} << 48) - 1;
  constexpr int kLastDigit = 40;
  const auto difference = (load_as<std::uint64_t>(from) & kSixBytes) - kOne;
  if ((difference & ~(std::uint64_t{1} << kLastDigit)) != 0) return false;
  *to++ = static_cast<char>(1 + (difference >> kLastDigit));
  from += 6;
  return true;
}
#endif

const char* find_quote(const char* at, const char* end, bool& escaped) {
#ifdef __SSE2__
  while (static_cast<std::size_t>(end - at) >= kBlock) {
    const __m128i block = load(at);
    const unsigned quotes = mask_of(block, '"');
    const unsigned backslashes = mask_of(block, '\\');
    if (quotes != 0) {
      const int first = std::countr_zero(quotes);
      escaped |= (backslashes & ((1U << first) - 1U)) != 0;
      return at + first;
    }
    escaped |= backslashes != 0;
    at += kBlock;
  }
#endif
  for (; at != end; ++at) {
    if (*at == '"') return at;
    escaped |= *at == '\\';
  }
  return nullptr;
}

}  // namespace

// Looks for quotes alone and then counts the backslashes before one: property strings have an escape
// every dozen bytes, but hardly ever an escaped quote.
const char* find_closing_quote(const char* at, const char* end, bool& escaped) {
  escaped = false;
  for (const char* from = at;;) {
    const char* const quote = find_quote(from, end, escaped);
    if (quote == nullptr) return nullptr;
    const char* run = quote;
    while (run != from && run[-1] == '\\') --run;
    if ((quote - run) % 2 == 0) return quote;
    from = quote + 1;
  }
}

char* put_quoted(char* to, std::string_view text) {
  *to++ = '"';
  if (copy_plain(to, text.data(), text.size())) {
    to += text.size();
  } else {
    for (const char c : text) {
      if (is_plain(c)) {
        *to++ = c;
      } else {
        to = put_escape(to, c);
      }
    }
  }
  *to++ = '"';
  return to;
}

void append_quoted(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + quoted_size_max(text.size()), [&](char* data, std::size_t) {
    return static_cast<std::size_t>(put_quoted(data + before, text) - data);
  });
}

char* unescape(char* to, std::string_view text) {
  const char* from = text.data();
  const char* const end = from + text.size();
#ifdef __SSE2__
  while (static_cast<std::size_t>(end - from) >= kBlock) {
    const __m128i block = load(from);
    store(to, block);
    const unsigned backslashes = mask_of(block, '\\');
    if (backslashes == 0) {
      from += kBlock;
      to += kBlock;
      continue;
    }
    const int first = std::countr_zero(backslashes);
    from += first;
    to += first;
    if (end - from >= 8 && undo_separator(from, to)) continue;
    if (!undo_escape(from, end, to)) return nullptr;
  }
#endif
  while (from != end) {
    if (*from != '\\') {
      *to++ = *from++;
    } else if (!undo_escape(from, end, to)) {
      return nullptr;
    }
  }
  return to;
}

}  // namespace mq::protocol
