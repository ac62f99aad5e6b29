#include <boost/json.hpp>
#include <boost/system/errc.hpp>

#include <charconv>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "mq/protocol/header_codec.hpp"

namespace mq::protocol {
namespace {

namespace json = boost::json;

boost::system::error_code broken() { return make_error_code(boost::system::errc::bad_message); }

bool take_number(const json::object& header, std::string_view key, std::int32_t& into) {
  const json::value* const value = header.if_contains(key);
  if (value == nullptr || value->is_null()) return true;
  boost::system::error_code failed;
  const auto number = value->to_number<std::int32_t>(failed);
  if (!failed) into = number;
  return !failed;
}

bool take_string(const json::object& header, std::string_view key, std::string& into) {
  const json::value* const value = header.if_contains(key);
  if (value == nullptr || value->is_null()) return true;
  if (!value->is_string()) return false;
  into = value->get_string();
  return true;
}

std::string text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_double()) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value.get_double()).ptr;
    return {digits.data(), end};
  }
  return json::serialize(value);
}

// Everything that needs memory, in the order it is laid out.
struct Texts {
  std::string language, remark;
  std::vector<std::pair<std::string, std::string>> ext;
};

bool take_ext(const json::object& header, Texts& texts) {
  const json::value* const value = header.if_contains("extFields");
  if (value == nullptr || value->is_null()) return true;
  if (!value->is_object()) return false;
  for (const auto& [key, field] : value->get_object()) {
    if (!field.is_null()) texts.ext.emplace_back(key, text_of(field));
  }
  return texts.ext.size() <= kFieldsMax;
}

// Moves the texts into one string that `into` owns and points the views there.
void settle(const Texts& texts, CommandView& into) {
  auto memory = std::make_shared<std::string>(texts.language + texts.remark);
  for (const auto& [key, value] : texts.ext) memory->append(key).append(value);
  std::string_view rest = *memory;
  const auto next = [&rest](std::size_t size) {
    const auto part = rest.substr(0, size);
    rest.remove_prefix(size);
    return part;
  };
  into.language = next(texts.language.size());
  into.remark = next(texts.remark.size());
  into.field_count = 0;
  for (const auto& [key, value] : texts.ext) {
    FieldView& field = into.fields[into.field_count++];
    field.key = next(key.size());
    field.value = next(value.size());
    field.escaped = false;
  }
  into.owned = std::move(memory);
}

}  // namespace

base::Result<> decode_json_owned(std::string_view header, CommandView& into) {
  into.code = into.version = into.opaque = into.flag = 0;
  boost::system::error_code failed;
  json::parse_options options;
  options.allow_invalid_utf8 = true;  // as the scanner, which does not look
  const json::value parsed = json::parse(header, failed, {}, options);
  if (failed || !parsed.is_object()) return broken();
  const json::object& object = parsed.get_object();
  Texts texts;
  const bool good = take_number(object, "code", into.code) && take_number(object, "version", into.version) &&
                    take_number(object, "opaque", into.opaque) && take_number(object, "flag", into.flag) &&
                    take_string(object, "language", texts.language) &&
                    take_string(object, "remark", texts.remark) && take_ext(object, texts);
  if (!good) return broken();
  settle(texts, into);
  return {};
}

}  // namespace mq::protocol
