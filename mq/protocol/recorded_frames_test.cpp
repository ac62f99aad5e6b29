#include "mq/protocol/recorded_frames.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <tuple>

#include "mq/base/base64.hpp"

namespace mq::protocol {
namespace {

namespace json = boost::json;

std::string body_of(const json::object& line) {
  if (const auto* const text = line.if_contains("body")) return std::string(text->as_string());
  const auto* const coded = line.if_contains("body_base64");
  if (coded == nullptr) return {};
  return base::from_base64(coded->as_string()).value();
}

Command meaning_of(const json::object& line) {
  const json::object& header = line.at("header").as_object();
  const auto number = [&](const char* name) { return header.at(name).to_number<std::int32_t>(); };
  Command command{
      .code = number("code"),
      .language = "JAVA",
      .version = number("version"),
      .opaque = number("opaque"),
      .flag = number("flag"),
      .remark = {},
      .ext = {},
      .body = body_of(line),
      .serialize = line.at("serialize").as_string() == "JSON" ? Serialize::json : Serialize::binary};
  const auto* const remark = header.if_contains("remark");
  if (remark != nullptr && remark->is_string()) command.remark = remark->as_string();
  if (const auto* const ext = header.if_contains("extFields")) {
    for (const auto& [key, value] : ext->as_object())
      command.ext.emplace_back(key, std::string(value.as_string()));
  }
  return command;
}

// The bytes as they were sent: the recorded JSON header, not one of our making.
base::Bytes frame_of(const json::object& line, const Command& command) {
  base::Bytes frame;
  if (command.serialize == Serialize::binary) {
    encode(command, frame);
    return frame;
  }
  const std::string header = json::serialize(line.at("header"));
  base::ByteWriter to(frame);
  to.number(static_cast<std::int32_t>(4 + header.size() + command.body.size()));
  to.number(static_cast<std::int32_t>(header.size()));
  to.text(header);
  to.text(command.body);
  return frame;
}

std::vector<Recorded> load(const std::string& name) {
  std::ifstream file(std::string(SLUICE_VECTORS) + "/conversations/" + name);
  std::vector<Recorded> all;
  std::map<std::tuple<std::string, std::int32_t, std::string>, std::int32_t>
      asked;  // connection, opaque, asker
  for (std::string text; std::getline(file, text);) {
    const json::object line = json::parse(text).as_object();
    Recorded one{
        .where = name + ":" + std::to_string(all.size() + 1), .meant = meaning_of(line), .frame = {}};
    one.frame = frame_of(line, one.meant);
    const std::string receiver(line.at("to").as_string());
    const std::string connection =
        std::string(line.at("conn").as_string()) + std::string(line.at("server").as_string());
    if (one.meant.is_response()) {
      const auto found = asked.find({connection, one.meant.opaque, receiver});
      if (found != asked.end()) one.request_code = found->second;
    } else {
      asked[{connection, one.meant.opaque, receiver == "server" ? "client" : "server"}] = one.meant.code;
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

const std::vector<Recorded>& recorded() {
  static const std::vector<Recorded> all = [] {
    std::vector<Recorded> frames;
    for (const char* name : {"json.jsonl", "binary.jsonl", "admin.jsonl"}) {
      auto more = load(name);
      std::ranges::move(more, std::back_inserter(frames));
    }
    return frames;
  }();
  return all;
}

TEST(RecordedFrames, AreAllThere) { EXPECT_EQ(recorded().size(), 625U + 638U + 230U); }

}  // namespace mq::protocol
