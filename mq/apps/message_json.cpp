#include "mq/apps/message_json.hpp"

#include <boost/json/array.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "mq/model/compression.hpp"
#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"

namespace mq::apps {
namespace {

namespace json = boost::json;

// Whether JSON can say these bytes as text.
bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  while (at < end) {
    const auto first = *at++;
    if (first < 0x80) continue;
    const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || end - at < more) return false;
    // No overlong forms, surrogates or code points that there are not.
    if ((first == 0xe0 && *at < 0xa0) || (first == 0xed && *at > 0x9f) || (first == 0xf0 && *at < 0x90) ||
        (first == 0xf4 && *at > 0x8f)) {
      return false;
    }
    for (int i = 0; i < more; ++i) {
      if ((*at++ & 0xc0) != 0x80) return false;
    }
  }
  return true;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t n) {
      return i + n < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + n])) : 0U;
    };
    const auto three = byte(0) << 16U | byte(1) << 8U | byte(2);
    for (unsigned shift = 18, n = 0; n < 4; shift -= 6, ++n) {
      text.push_back(i + n <= bytes.size() ? kDigits[three >> shift & 63U] : '=');
    }
  }
  return text;
}

// JSON has no bytes; a property that is not text is shown as Base64 too.
std::string shown(std::string_view text) { return is_utf8(text) ? std::string(text) : base64(text); }

}  // namespace

std::string plain_body(const Record& record) {
  if ((record.sys_flag & sys_flag::kCompressed) != 0) {
    if (auto plain = decompress(record.body, record.sys_flag, kBodySizeMax)) return std::move(*plain);
  }
  return std::string(base::text_of(record.body));
}

json::object message_json(base::BytesView bytes) {
  const auto decoded = decode_record(bytes);
  if (!decoded) return {{"damaged", true}};
  const auto& record = decoded->record;
  const auto offset_id = offset_message_id(record.store_host, record.log_offset);
  json::object properties;
  for (const auto& [name, value] : parse_properties(record.properties))
    properties[shown(name)] = shown(value);
  const auto named = [&](std::string_view name) {
    return shown(find_property(record.properties, name).value_or(""));
  };
  auto unique = named(property::kUniqueKey);
  json::object message{
      {"msgId", unique.empty() ? offset_id : unique},
      {"offsetMsgId", offset_id},
      {"topic", shown(record.topic)},
      {"queueId", record.queue},
      {"queueOffset", record.queue_offset.value()},
      {"bornTimestamp", record.born_ms},
      {"storeTimestamp", record.store_ms},
      {"reconsumeTimes", record.reconsume_times},
      {"tags", named(property::kTags)},
      {"keys", named(property::kKeys)},
      {"properties", std::move(properties)},
  };
  const auto body = plain_body(record);
  if (is_utf8(body)) {
    message["body"] = body;
  } else {
    message["bodyBase64"] = base64(body);
  }
  return message;
}

json::object await_json(const broker::AwaitResult& result) {
  json::array messages;
  for (const auto& record : result.records) messages.push_back(message_json(record));
  json::object answer{{"reached", result.end == broker::AwaitEnd::reached}, {"count", result.count}};
  if (result.behind) answer["behind"] = *result.behind;
  if (result.count > messages.size()) answer["more"] = result.count - messages.size();
  answer["messages"] = std::move(messages);
  return answer;
}

}  // namespace mq::apps
