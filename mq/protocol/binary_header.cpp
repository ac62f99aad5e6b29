#include <boost/system/errc.hpp>

#include <algorithm>
#include <array>
#include <limits>

#include "mq/base/assert.hpp"
#include "mq/protocol/header_codec.hpp"

// rocketmq-wire.md 1.3.
namespace mq::protocol {
namespace {

// Index is the code on the wire.
constexpr std::array<std::string_view, 14> kLanguages{"JAVA",   "CPP",  "DOTNET", "PYTHON", "DELPHI",
                                                      "ERLANG", "RUBY", "OTHER",  "HTTP",   "GO",
                                                      "PHP",    "OMS",  "RUST",   "NODE_JS"};
constexpr std::size_t kFixedHeaderSize = 21;
constexpr std::size_t kOtherLanguage = 7;
constexpr std::size_t kKeySizeMax = std::numeric_limits<std::int16_t>::max();

std::string_view language_name(std::int8_t code) {
  const auto index = static_cast<std::size_t>(static_cast<std::uint8_t>(code));
  return kLanguages[index < kLanguages.size() ? index : kOtherLanguage];
}

std::int8_t language_code(std::string_view name) {
  const auto found = std::ranges::find(kLanguages, name);
  const auto index =
      found == kLanguages.end() ? kOtherLanguage : static_cast<std::size_t>(found - kLanguages.begin());
  return static_cast<std::int8_t>(index);
}

boost::system::error_code broken() { return make_error_code(boost::system::errc::bad_message); }

// A text behind its length. False when the length is negative; ByteReader sees to one that is too large.
template <class Length>
bool take_text(base::ByteReader& reader, std::string_view& text) {
  const auto size = reader.number<Length>();
  if (size < 0) return false;
  text = reader.text(static_cast<std::size_t>(size));
  return true;
}

base::Result<> decode_ext(std::string_view bytes, CommandView& into) {
  base::ByteReader reader(base::bytes_of(bytes));
  while (reader.ok() && reader.left() != 0) {
    FieldView field;
    if (!take_text<std::int16_t>(reader, field.key) || !take_text<std::int32_t>(reader, field.value)) {
      return broken();
    }
    // Java reads an empty value as null, that is absent.
    if (field.value.empty()) continue;
    if (into.field_count == kFieldsMax) return broken();
    into.fields[into.field_count++] = field;
  }
  if (!reader.ok()) return broken();
  return {};
}

std::size_t ext_size(const Command& command) {
  std::size_t size = 0;
  for (const auto& [key, value] : command.ext) size += 6 + key.size() + value.size();
  return size;
}

bool fits_int16(std::int32_t value) {
  return value >= std::numeric_limits<std::int16_t>::min() &&
         value <= std::numeric_limits<std::int16_t>::max();
}

}  // namespace

base::Result<> decode_binary(base::BytesView header, CommandView& into) {
  base::ByteReader reader(header);
  into.code = reader.number<std::int16_t>();
  into.language = language_name(reader.number<std::int8_t>());
  into.version = reader.number<std::int16_t>();
  into.opaque = reader.number<std::int32_t>();
  into.flag = reader.number<std::int32_t>();
  std::string_view ext;
  if (!take_text<std::int32_t>(reader, into.remark) || !take_text<std::int32_t>(reader, ext)) return broken();
  if (!reader.ok() || reader.left() != 0) return broken();
  return decode_ext(ext, into);
}

bool fits_binary(const Command& command) {
  return fits_int16(command.code) && fits_int16(command.version) &&
         std::ranges::all_of(command.ext,
                             [](const auto& field) { return field.first.size() <= kKeySizeMax; });
}

std::size_t binary_header_size(const Command& command) {
  return kFixedHeaderSize + command.remark.size() + ext_size(command);
}

void append_binary_header(const Command& command, base::Bytes& out) {
  BASE_ASSERT(fits_binary(command), "the caller did not ask");
  base::ByteWriter to(out);
  to.number(static_cast<std::int16_t>(command.code));
  to.number(language_code(command.language));
  to.number(static_cast<std::int16_t>(command.version));
  to.number(command.opaque);
  to.number(command.flag);
  to.number(static_cast<std::int32_t>(command.remark.size()));
  to.text(command.remark);
  to.number(static_cast<std::int32_t>(ext_size(command)));
  for (const auto& [key, value] : command.ext) {
    to.number(static_cast<std::int16_t>(key.size()));
    to.text(key);
    to.number(static_cast<std::int32_t>(value.size()));
    to.text(value);
  }
}

}  // namespace mq::protocol
