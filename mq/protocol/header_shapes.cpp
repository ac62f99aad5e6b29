#include "mq/protocol/header_shapes.hpp"

#include <cstring>

#include "mq/protocol/header_codec.hpp"
#include "mq/protocol/json_text.hpp"

namespace mq::protocol {
namespace {

constexpr std::string_view kOpaque = "\"opaque\":";
constexpr std::size_t kCodeAt = std::string_view("{\"code\":").size();
constexpr std::ptrdiff_t kDigitsMax = 10;

// Advances. False: no int32.
bool take_number(const char*& at, const char* end, std::int32_t& value) {
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  const char* const begin = at;
  std::int64_t sum = 0;
  for (; at != end && *at >= '0' && *at <= '9'; ++at) {
    if (at - begin == kDigitsMax) return false;
    sum = sum * 10 + (*at - '0');
  }
  if (negative) sum = -sum;
  value = static_cast<std::int32_t>(sum);
  return at != begin && value == sum;
}

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

bool is_quoted(std::string_view value, std::string_view header) {
  const char* const end = header.data() + header.size();
  return value.data() != nullptr && value.data()[-1] == '"' && value.data() + value.size() != end &&
         value.data()[value.size()] == '"';
}

}  // namespace

bool HeaderShape::add_literal(std::string_view text) {
  if (used_ + text.size() > kTextMax) return false;
  std::memcpy(text_.data() + used_, text.data(), text.size());
  auto& literal = literals_[holes_];
  literal = {};
  literal.at = static_cast<std::uint16_t>(used_);
  literal.size = static_cast<std::uint16_t>(text.size());
  used_ += text.size();
  return true;
}

// `text` reaches from `from` to a hole; when the opaque stands in it, that is a hole of its own. Names and
// texts without escapes cannot hold what is looked for, and nothing else is in a shape's literals.
bool HeaderShape::add_opaque(std::string_view text, const char*& from) {
  const auto found = text.find(kOpaque);
  if (found == std::string_view::npos) return true;
  const char* at = text.data() + found + kOpaque.size();
  const char* const begin = at;
  std::int32_t ignored = 0;
  const bool second = opaque_ != kHolesMax || text.find(kOpaque, found + 1) != std::string_view::npos;
  if (second || !take_number(at, text.data() + text.size(), ignored)) return false;
  if (!add_literal(between(from, begin))) return false;
  opaque_ = holes_++;
  from = at;
  return true;
}

bool HeaderShape::add_rest(std::string_view header, const char* from) {
  const char* const end = header.data() + header.size();
  return add_opaque(between(from, end), from) && add_literal(between(from, end)) && opaque_ != kHolesMax;
}

bool HeaderShape::learn(std::string_view header, const CommandView& decoded) {
  used_ = holes_ = 0;
  opaque_ = kHolesMax;
  const char* from = header.data();
  bool learned = decoded.field_count + 1 < kHolesMax;
  for (std::size_t i = 0; learned && i < decoded.field_count; ++i) {
    const auto& field = decoded.fields[i];
    learned = is_quoted(field.value, header) && add_opaque(between(from, field.value.data()), from) &&
              add_literal(between(from, field.value.data()));
    if (!learned) break;
    auto& literal = literals_[holes_++];
    literal.key_at = static_cast<std::uint16_t>(field.key.data() - from);
    literal.key_size = static_cast<std::uint16_t>(field.key.size());
    from = field.value.data() + field.value.size();
  }
  learned = learned && add_rest(header, from);
  if (!learned) {
    holes_ = 0;
    return false;
  }
  code_ = decoded.code;
  flag_ = decoded.flag;
  version_ = decoded.version;
  language_ = place_of(decoded.language, header, decoded);
  remark_ = place_of(decoded.remark, header, decoded);
  return true;
}

// Counts the holes before the text: each is a field's value or the opaque.
HeaderShape::Constant HeaderShape::place_of(std::string_view text, std::string_view header,
                                            const CommandView& decoded) const {
  if (text.data() == nullptr) return {};
  const char* from = header.data();
  std::size_t field = 0;
  for (std::size_t i = 0;; ++i) {
    const char* const hole = from + literals_[i].size;
    if (i == holes_ || text.data() < hole) {
      return {static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(text.data() - from),
              static_cast<std::uint16_t>(text.size())};
    }
    from = hole;
    if (i != opaque_) {
      from += decoded.fields[field++].value.size();
    } else {
      std::int32_t ignored = 0;
      take_number(from, header.data() + header.size(), ignored);
    }
  }
}

bool HeaderShape::fits(const Literal& literal, const char* at, const char* end) const {
  const char* const text = text_.data() + literal.at;
#ifdef __SSE2__
  if (literal.size <= kBlock && end - at >= static_cast<std::ptrdiff_t>(kBlock)) {
    const auto wanted = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
    const auto found = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto different = ~static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(wanted, found)));
    return (different & ((1U << literal.size) - 1U)) == 0;
  }
#endif
  return end - at >= literal.size && std::memcmp(text, at, literal.size) == 0;
}

bool HeaderShape::decode(std::string_view header, CommandView& into) const {
  if (holes_ == 0) return false;
  const char* at = header.data();
  const char* const end = at + header.size();
  std::array<const char*, kHolesMax + 1> starts;
  FieldView* field = into.fields.data();
  for (std::size_t i = 0; i < holes_; ++i) {
    const auto& literal = literals_[i];
    if (!fits(literal, at, end)) return false;
    starts[i] = at;
    const char* const value = at + literal.size;
    if (i == opaque_) {
      at = value;
      if (!take_number(at, end, into.opaque)) return false;
      continue;
    }
    field->escaped = false;
    const char* quote = find_near_quote(value, end);
    if (quote == nullptr) quote = find_closing_quote(value, end, field->escaped);
    if (quote == nullptr) return false;
    field->key = {at + literal.key_at, literal.key_size};
    field->value = between(value, quote);
    ++field;
    at = quote;
  }
  starts[holes_] = at;
  const auto& last = literals_[holes_];
  if (end - at != last.size || !fits(last, at, end)) return false;
  into.field_count = static_cast<std::size_t>(field - into.fields.data());
  into.code = code_;
  into.flag = flag_;
  into.version = version_;
  if (language_.size != 0) into.language = {starts[language_.literal] + language_.at, language_.size};
  if (remark_.size != 0) into.remark = {starts[remark_.literal] + remark_.at, remark_.size};
  return true;
}

// Every client writes the code first; requests of one code have one shape, or two.
std::size_t HeaderShapes::slot_of(std::string_view header) {
  if (header.size() < kCodeAt + sizeof(std::uint32_t)) return 0;
  std::uint32_t digits = 0;
  std::memcpy(&digits, header.data() + kCodeAt, sizeof digits);
  return (digits * 0x9e3779b1U) >> 28;
}
static_assert(sizeof(std::uint32_t) * 8 - 28 == 4);

bool HeaderShapes::decode(std::string_view header, CommandView& into) {
  auto& slot = slots_[slot_of(header)];
  if (!slot.shape.decode(header, into)) return false;
  if (slot.credit < kCreditMax) ++slot.credit;
  return true;
}

void HeaderShapes::learn(std::string_view header, const CommandView& decoded) {
  auto& slot = slots_[slot_of(header)];
  if (slot.credit > 0) {
    --slot.credit;
  } else {
    slot.shape.learn(header, decoded);
  }
}

}  // namespace mq::protocol
