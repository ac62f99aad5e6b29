#include "mq/broker/recall_handle.hpp"

#include <gtest/gtest.h>

namespace mq::broker {
namespace {

// Of a genuine 5.5.0 broker (tests/vectors/conversations).
constexpr std::string_view kRecorded =
    "djEgU3RvcnlUb3BpYyBicm9rZXItYSAxNzk1MjQ3Mjc3MDAxIEZEMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAyMDQ2RTMwOTQ2"
    "RTA5NjhBQjRGMDAwMDE0";
const RecallHandle kMeaning{"StoryTopic", "broker-a", 1795247277000,
                            "FD000000000000000000000000000002046E30946E0968AB4F000014"};

TEST(RecallHandle, IsThatOfAGenuineBroker) {
  EXPECT_EQ(encode_recall_handle(kMeaning), kRecorded);
  EXPECT_EQ(decode_recall_handle(kRecorded), kMeaning);
}

TEST(RecallHandle, ComesBackWhateverItsLength) {
  for (const std::string key : {"a", "ab", "abc", "abcd", "~~~???"}) {
    const RecallHandle handle{"T", "b", 7, key};
    EXPECT_EQ(decode_recall_handle(encode_recall_handle(handle)), handle);
  }
}

TEST(RecallHandle, WhatIsNoHandleIsNothing) {
  for (const std::string text : {"", "=", "A", "djEg", "not base64!", "djE/", "djIgVCBiIDggYQ==" /* v2 */,
                                 "djEgVCBiIHggYQ==" /* no time */}) {
    EXPECT_EQ(decode_recall_handle(text), std::nullopt) << text;
  }
  EXPECT_EQ(decode_recall_handle(std::string(5000, 'A')), std::nullopt);
}

}  // namespace
}  // namespace mq::broker
