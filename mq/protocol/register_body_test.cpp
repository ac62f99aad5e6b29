#include "mq/protocol/register_body.hpp"

#include <gtest/gtest.h>

#include <boost/system/errc.hpp>

#include <string>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/model/compression.hpp"

namespace mq::protocol {
namespace {

std::string number(std::size_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text.push_back(static_cast<char>(value >> shift & 0xff));
  return text;
}
std::string part(const std::string& text) { return number(text.size()) + text; }

// As RegisterBrokerBody.encode(true) of the stock broker lays it out.
std::string layout(const std::vector<std::string>& topics) {
  auto text = part(R"({"counter":7,"stateVersion":0,"timestamp":1700000000000})") + number(topics.size());
  for (const auto& topic : topics) text += part(topic);
  return text + part("[]") + number(0);
}

auto read(const std::string& body, bool compressed) {
  return decode_register_body(base::bytes_of(body), compressed);
}

TEST(RegisterBody, AnEmptyOneHasNoTopics) {
  const auto body = read("", false);
  ASSERT_TRUE(body);
  EXPECT_EQ(*body, RegisterBrokerBody{});
}

TEST(RegisterBody, PlainJsonIsRead) {
  const auto body = read(
      R"({"filterServerList":[],"topicConfigSerializeWrapper":{"dataVersion":{"counter":3,"stateVersion":1,)"
      R"("timestamp":5},"topicConfigTable":{"T":{"topicName":"T","readQueueNums":4,"writeQueueNums":8,)"
      R"("perm":6}},)"
      R"("topicQueueMappingInfoMap":{}}})",
      false);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->topics.data_version, (DataVersion{3, 1, 5}));
  EXPECT_EQ(body->topics.topics.at("T").write_queues, 8);
}

TEST(RegisterBody, CompressedTopicsAreReadWithAndWithoutAttributes) {
  const auto text = layout({"A 4 8 6 SINGLE_TAG", R"(B 1 1 2 MULTI_TAG {"k":"v with spaces"})"});
  const auto body = read(compress_zlib(base::bytes_of(text)), true);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->topics.data_version, (DataVersion{7, 0, 1700000000000}));
  ASSERT_EQ(body->topics.topics.size(), 2U);
  EXPECT_EQ(body->topics.topics.at("A").read_queues, 4);
  EXPECT_EQ(body->topics.topics.at("A").write_queues, 8);
  EXPECT_EQ(body->topics.topics.at("B").perm, 2);
}

TEST(RegisterBody, EveryCutOfACompressedBodyIsRefused) {
  const auto text = layout({"A 4 8 6 SINGLE_TAG", "B 1 1 6 SINGLE_TAG"});
  const auto topics_end = text.size() - part("[]").size() - 4;
  for (std::size_t size = 0; size < topics_end; ++size) {
    EXPECT_FALSE(read(compress_zlib(base::bytes_of(text.substr(0, size))), true)) << size;
  }
  EXPECT_TRUE(read(compress_zlib(base::bytes_of(text.substr(0, topics_end))), true));
}

TEST(RegisterBody, NonsenseIsRefused) {
  EXPECT_FALSE(read("{", false));
  EXPECT_FALSE(read("no zlib", true));
  for (const auto* topic :
       {"A", "A 1 1 6", "A x 1 6 SINGLE_TAG", " 1 1 6 SINGLE_TAG", "A 99999999999 1 6 T"}) {
    EXPECT_FALSE(read(compress_zlib(base::bytes_of(layout({topic}))), true)) << topic;
  }
}

TEST(RegisterBody, ABombIsNotUnpacked) {
  const std::string zeros(kRegisterBodyMax + 1, '\0');
  const auto body = read(compress_zlib(base::bytes_of(zeros)), true);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error(), make_error_code(boost::system::errc::message_size));
}

}  // namespace
}  // namespace mq::protocol
