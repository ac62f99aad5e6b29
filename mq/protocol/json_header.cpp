#include <charconv>
#include <cstring>

#include "mq/protocol/header_codec.hpp"
#include "mq/protocol/json_text.hpp"

namespace mq::protocol {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

template <std::size_t kSize>
bool is(std::string_view key, const char (&name)[kSize]) {
  return key.size() == kSize - 1 &&
         std::memcmp(key.data(), name, kSize - 1) == 0;  // NOLINT(bugprone-suspicious-stringview-data-usage)
}

// Reads a header front to back. Every function returns false when it meets something that it does not
// understand; the caller then leaves the whole header to the complete parser.
class Scanner {
 public:
  Scanner(std::string_view text, CommandView& into)
      : at_(text.data()), end_(text.data() + text.size()), into_(into) {}

  bool header() {
    const auto member = [this](std::string_view key) { return top_level(key); };
    if (!members(member)) return false;
    skip_blanks();
    return at_ == end_;
  }

 private:
  void skip_blanks() {
    while (at_ != end_ && is_blank(*at_)) ++at_;
  }
  bool take(char wanted) {
    if (at_ != end_ && is_blank(*at_)) skip_blanks();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  template <std::size_t kSize>
  bool take_word(const char (&word)[kSize]) {
    if (end_ - at_ < static_cast<std::ptrdiff_t>(kSize - 1)) return false;
    if (std::memcmp(at_, word, kSize - 1) != 0) return false;
    at_ += kSize - 1;
    return true;
  }
  [[nodiscard]] bool at_value_end() const {
    return at_ != end_ && (*at_ == ',' || *at_ == '}' || is_blank(*at_));
  }

  // An object whose members `member(key)` reads, value by value.
  template <class Member>
  bool members(Member member) {
    if (!take('{')) return false;
    return take('}') || more_members(member);
  }
  // From the name of a member on.
  template <class Member>
  bool more_members(Member member) {
    for (;;) {
      std::string_view key;
      if (!plain_string(key) || !take(':')) return false;
      skip_blanks();
      if (at_ == end_ || !member(key)) return false;
      if (take(',')) continue;
      return take('}');
    }
  }

  bool string(std::string_view& text, bool& escaped) {
    if (!take('"')) return false;
    const char* quote = find_near_quote(at_, end_);
    escaped = false;
    if (quote == nullptr) quote = find_closing_quote(at_, end_, escaped);
    if (quote == nullptr) return false;
    text = {at_, static_cast<std::size_t>(quote - at_)};
    at_ = quote + 1;
    return true;
  }
  bool plain_string(std::string_view& text) {
    bool escaped = false;
    return string(text, escaped) && !escaped;
  }

  bool number(std::int32_t& value) {
    constexpr std::ptrdiff_t kDigitsMax = 10;
    const bool negative = at_ != end_ && *at_ == '-';
    if (negative) ++at_;
    const char* const begin = at_;
    std::int64_t sum = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      if (at_ - begin == kDigitsMax) return false;
      sum = sum * 10 + (*at_ - '0');
    }
    if (negative) sum = -sum;
    value = static_cast<std::int32_t>(sum);
    return at_ != begin && value == sum && at_value_end();
  }

  bool plain_string_or_null(std::string_view& text) {
    if (*at_ != 'n') return plain_string(text);
    text = {};
    return take_word("null") && at_value_end();
  }

  bool top_level(std::string_view key) {
    if (is(key, "code")) return number(into_.code);
    if (is(key, "extFields")) return ext_fields();
    if (is(key, "flag")) return number(into_.flag);
    if (is(key, "language")) return plain_string_or_null(into_.language);
    if (is(key, "opaque")) return number(into_.opaque);
    if (is(key, "remark")) return plain_string_or_null(into_.remark);
    if (is(key, "version")) return number(into_.version);
    return skip_scalar();
  }

  bool ext_fields() {
    into_.field_count = 0;
    if (*at_ == 'n') return take_word("null") && at_value_end();
    if (!take('{')) return false;
    if (take('}') || compact_fields()) return true;
    return more_members([this](std::string_view key) { return ext_field(key); });
  }

  // Strings without a blank between them, which is what almost every frame has. Stops before the first
  // field that is anything else; true when there was none.
  bool compact_fields() {
    const char* at = at_;
    std::size_t count = 0;
    bool finished = false;
    while (!finished && count < kFieldsMax && at != end_ && *at == '"') {
      FieldView& field = into_.fields[count];
      const char* const key = at + 1;
      const char* const key_end = find_near_quote(key, end_);
      if (key_end == nullptr || end_ - key_end < 4 || key_end[1] != ':' || key_end[2] != '"') break;
      const char* const value = key_end + 3;
      field.escaped = false;
      const char* value_end = find_near_quote(value, end_);
      if (value_end == nullptr) value_end = find_closing_quote(value, end_, field.escaped);
      if (value_end == nullptr || end_ - value_end < 2 || (value_end[1] != ',' && value_end[1] != '}')) break;
      field.key = {key, static_cast<std::size_t>(key_end - key)};
      field.value = {value, static_cast<std::size_t>(value_end - value)};
      finished = value_end[1] == '}';
      at = value_end + 2;
      ++count;
    }
    at_ = at;
    into_.field_count = count;
    return finished;
  }

  bool ext_field(std::string_view key) {
    if (*at_ == 'n') return take_word("null") && at_value_end();
    if (into_.field_count == kFieldsMax) return false;
    FieldView& field = into_.fields[into_.field_count];
    field.key = key;
    if (*at_ == '"') {
      if (!string(field.value, field.escaped)) return false;
    } else {
      field.escaped = false;
      if (!bare_scalar(field.value)) return false;
    }
    ++into_.field_count;
    return true;
  }

  // A number or a boolean as its own text: C++ and Node clients write them into extFields.
  bool bare_scalar(std::string_view& text) {
    const char* const begin = at_;
    if (!take_word("true") && !take_word("false") && !take_number()) return false;
    text = {begin, static_cast<std::size_t>(at_ - begin)};
    return at_value_end();
  }
  bool take_number() {
    if (*at_ == '-') ++at_;
    if (!take_digits()) return false;
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      if (!take_digits()) return false;
    }
    return true;
  }
  bool take_digits() {
    const char* const begin = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != begin;
  }

  bool skip_scalar() {
    std::string_view ignored;
    bool escaped = false;
    if (*at_ == '"') return string(ignored, escaped);
    if (*at_ == 'n') return take_word("null") && at_value_end();
    return bare_scalar(ignored);
  }

  const char* at_;
  const char* const end_;
  CommandView& into_;
};

// Of literals only: the copy is a move or two.
template <std::size_t kSize>
char* put(char* to, const char (&text)[kSize]) {
  std::memcpy(to, text, kSize - 1);
  return to + kSize - 1;
}

char* put(char* to, std::int32_t value) {
  if (value < 0 || value > 9) return std::to_chars(to, to + 11, value).ptr;
  *to = static_cast<char>('0' + value);
  return to + 1;
}

char* put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

template <class Fields>
std::size_t fields_size_max(const Fields& fields) {
  std::size_t size = 0;
  for (const auto& [key, value] : fields) {
    size += quoted_size_max(key.size()) + quoted_size_max(value.size()) + 2;
  }
  return size;
}

template <class Fields>
char* put_fields(char* to, const Fields& fields) {
  char separator = '{';
  for (const auto& [key, value] : fields) {
    *to++ = separator;
    to = put_quoted(to, key);
    *to++ = ':';
    to = put_quoted(to, value);
    separator = ',';
  }
  *to++ = '}';
  return to;
}

}  // namespace

bool decode_json_in_place(std::string_view header, CommandView& into) {
  return Scanner(header, into).header();
}

std::size_t json_header_size_max(const Command& command) {
  return 192 + quoted_size_max(command.language.size()) + quoted_size_max(command.remark.size()) +
         fields_size_max(command.ext);
}

// Members in alphabetical order, as the genuine broker writes them.
char* put_json_header(char* to, const Command& command) {
  to = put(put(to, "{\"code\":"), command.code);
  if (!command.ext.empty()) to = put_fields(put(to, ",\"extFields\":"), command.ext);
  to = put(put(to, ",\"flag\":"), command.flag);
  to = put_quoted(put(to, ",\"language\":"), command.language);
  to = put(put(to, ",\"opaque\":"), command.opaque);
  if (!command.remark.empty()) to = put_quoted(put(to, ",\"remark\":"), command.remark);
  to = put(put(to, ",\"serializeTypeCurrentRPC\":\"JSON\",\"version\":"), command.version);
  *to++ = '}';
  return to;
}

std::size_t response_header_size_max(const ResponseView& response) {
  return 192 + response.ext_text.size() + quoted_size_max(response.remark.size()) +
         fields_size_max(response.ext);
}

char* put_response_header(char* to, const ResponseView& response) {
  static_assert(kResponseFlag == 1 && kAnnouncedVersion == 479, "as the texts say");
  to = put(put(to, "{\"code\":"), response.code);
  if (!response.ext_text.empty()) {
    to = put(put(to, ",\"extFields\":"), response.ext_text);
  } else if (!response.ext.empty()) {
    to = put_fields(put(to, ",\"extFields\":"), response.ext);
  }
  to = put(put(to, ",\"flag\":1,\"language\":\"JAVA\",\"opaque\":"), response.opaque);
  if (!response.remark.empty()) to = put_quoted(put(to, ",\"remark\":"), response.remark);
  return put(to, ",\"serializeTypeCurrentRPC\":\"JSON\",\"version\":479}");
}

}  // namespace mq::protocol
