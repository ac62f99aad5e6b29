// The dumps in FORMAT.md are real: they decode to what the text around them says.
#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <vector>

#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

namespace mq::protocol {
namespace {

// The bytes left of the bars of every ```frame block.
std::vector<base::Bytes> dumps() {
  std::ifstream file(SLUICE_PROTOCOL_FORMAT);
  std::vector<base::Bytes> frames;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```frame") {
      inside = true;
      frames.emplace_back();
    } else if (line.starts_with("```")) {
      inside = false;
    } else if (inside) {
      const std::string hex = line.substr(0, line.find('|'));
      for (std::size_t at = 0; at + 2 <= hex.size() && hex[at] != ' '; at += 3) {
        unsigned value = 0;
        std::from_chars(hex.data() + at, hex.data() + at + 2, value, 16);
        frames.back().push_back(static_cast<std::byte>(value));
      }
    }
  }
  return frames;
}

TEST(FormatPage, ShowsASendRequest) {
  const auto frames = dumps();
  ASSERT_EQ(frames.size(), 2U);
  const auto command = decode(frames[0]);
  ASSERT_TRUE(command.has_value());
  EXPECT_EQ(command->code, request_code::kSendMessageV2);
  EXPECT_EQ(command->serialize, Serialize::json);
  EXPECT_EQ(command->body, "hello");
  const auto header = decode_header<SendMessageV2Request>(*command);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->topic, "StoryTopic");
  EXPECT_TRUE(header->properties.starts_with("KEYS\x01order-1\x02UNIQ_KEY\x01"));
}

TEST(FormatPage, ShowsABinaryRouteRequestThatWeWriteTheSame) {
  const auto frames = dumps();
  ASSERT_EQ(frames.size(), 2U);
  const auto command = decode(frames[1]);
  ASSERT_TRUE(command.has_value());
  EXPECT_EQ(command->serialize, Serialize::binary);
  EXPECT_EQ(decode_header<GetRouteInfoByTopicRequest>(*command)->topic, "TopicTest");
  base::Bytes again;
  encode(*command, again);
  EXPECT_EQ(again, frames[1]);
}

}  // namespace
}  // namespace mq::protocol
