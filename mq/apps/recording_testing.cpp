#include "mq/apps/recording_testing.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include "mq/base/bytes.hpp"
#include "mq/protocol/raw_keys.hpp"

namespace mq::apps::testing {
namespace {

namespace json = boost::json;

// Objects whose member names are data.
const std::set<std::string, std::less<>> kTables{
    "attributes",  "brokerAddrTable",       "brokerAddrs",      "clusterAddrTable",
    "offsetTable", "subscriptionTable",     "topicConfigTable", "filterServerTable",
    "table",       "subscriptionGroupTable"};

int digit_of(char letter) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return static_cast<int>(kDigits.find(letter));
}

std::string from_base64(std::string_view text) {
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char letter : text) {
    if (letter == '=') break;
    bits = bits << 6U | static_cast<unsigned>(digit_of(letter));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 0xffU));
  }
  return bytes;
}

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::int32_t number_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? static_cast<std::int32_t>(value->as_int64()) : 0;
}

RecordedFrame parse_frame(const std::string& line) {
  const auto value = json::parse(line);
  const auto& object = value.as_object();
  RecordedFrame frame;
  frame.step = text_at(object, "step");
  frame.connection = json::serialize(object.at("conn"));
  frame.server = text_at(object, "server");
  frame.to = text_at(object, "to");
  frame.kind = text_at(object, "kind");
  auto& command = frame.command;
  command.serialize =
      text_at(object, "serialize") == "ROCKETMQ" ? protocol::Serialize::binary : protocol::Serialize::json;
  command.body =
      object.contains("body_base64") ? from_base64(text_at(object, "body_base64")) : text_at(object, "body");
  const auto& header = object.at("header").as_object();
  command.code = number_at(header, "code");
  command.version = number_at(header, "version");
  command.opaque = number_at(header, "opaque");
  command.flag = number_at(header, "flag");
  command.remark = text_at(header, "remark");
  if (const auto* ext = header.if_contains("extFields"); ext != nullptr && ext->is_object()) {
    for (const auto& [name, field] : ext->as_object()) {
      command.set(name, field.is_string() ? std::string(field.as_string()) : json::serialize(field));
    }
  }
  return frame;
}

void add_shape(const json::value& value, const std::string& path, bool is_table,
               std::set<std::string>& shape) {
  if (value.is_object()) {
    shape.insert(path + "{}");
    for (const auto& [name, member] : value.as_object()) {
      const bool table = kTables.contains(std::string_view(name));
      add_shape(member, path + "." + (is_table ? std::string("*") : std::string(name)), table, shape);
    }
  } else if (value.is_array()) {
    shape.insert(path + "[]");
    for (const auto& element : value.as_array()) add_shape(element, path + "[]", false, shape);
  } else {
    const auto* kind = value.is_string() ? "string"
                       : value.is_bool() ? "bool"
                       : value.is_null() ? "null"
                                         : "number";
    shape.insert(path + ":" + kind);
  }
}

}  // namespace

std::vector<RecordedFrame> read_recording(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file);
  std::vector<RecordedFrame> frames;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) frames.push_back(parse_frame(line));
  }
  return frames;
}

std::vector<Exchange> exchanges_of(const std::vector<RecordedFrame>& frames) {
  std::vector<Exchange> exchanges;
  std::map<std::pair<std::string, std::int32_t>, std::size_t> open;
  for (const auto& frame : frames) {
    const std::pair key{frame.connection, frame.command.opaque};
    if (frame.to == "server" && frame.kind != "response") {
      open[key] = exchanges.size();
      exchanges.push_back({frame, {}});
      exchanges.back().response.code = -1;
    } else if (frame.to == "client" && frame.kind == "response" && open.contains(key)) {
      exchanges[open[key]].response = frame.command;
      open.erase(key);
    }
  }
  return exchanges;
}

std::set<std::string> shape_of(std::string_view body) {
  std::set<std::string> shape;
  const auto quoted = protocol::quote_raw_keys(body);
  if (!quoted) return shape;
  boost::system::error_code error;
  const auto value = json::parse(*quoted, error);
  if (error || !value.is_object()) return shape;
  add_shape(value, "", false, shape);
  return shape;
}

std::set<std::string> field_names(const protocol::Command& command) {
  std::set<std::string> names;
  for (const auto& [name, value] : command.ext) names.insert(name);
  return names;
}

}  // namespace mq::apps::testing
