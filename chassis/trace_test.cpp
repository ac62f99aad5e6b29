#include "chassis/trace.hpp"

#include <gtest/gtest.h>

namespace chassis {
namespace {

constexpr std::string_view kExample =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";  // of the standard

TEST(TraceTest, TheStandardsExampleIsReadAndWritten) {
  const auto trace = parse_traceparent(kExample);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(trace->span_id, "00f067aa0ba902b7");
  EXPECT_TRUE(trace->sampled);
  EXPECT_EQ(trace->traceparent(), kExample);
  EXPECT_EQ(trace_id_of(kExample), "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(TraceTest, OnlyTheLowestFlagMeansSampled) {
  const std::string stem(kExample.substr(0, 53));
  EXPECT_FALSE(parse_traceparent(stem + "00")->sampled);
  EXPECT_TRUE(parse_traceparent(stem + "03")->sampled);
  EXPECT_FALSE(parse_traceparent(stem + "fe")->sampled);
  EXPECT_TRUE(parse_traceparent(stem + "ff")->sampled);
}

TEST(TraceTest, ALaterVersionIsReadAsFarAsThisOneGoes) {
  const std::string later = "cc" + std::string(kExample.substr(2));
  EXPECT_TRUE(parse_traceparent(later));
  EXPECT_TRUE(parse_traceparent(later + "-what-the-future-will-be-like"));
  EXPECT_FALSE(parse_traceparent(later + ".what"));
}

TEST(TraceTest, WhatIsNoTraceIsRefused) {
  const auto with = [](std::size_t at, std::string_view by) {
    return std::string(kExample).replace(at, by.size(), by);
  };
  for (const auto& text :
       {std::string(), std::string(kExample) + "-x", with(0, "ff"), with(0, "0g"), with(2, "_"),
        with(35, "_"), with(3, "4BF9"), with(3, "00000000000000000000000000000000"),
        with(36, "0000000000000000"), with(53, "0x")}) {
    EXPECT_FALSE(parse_traceparent(text)) << text;
    EXPECT_EQ(trace_id_of(text), "");
  }
  for (std::size_t n = 0; n < kExample.size(); ++n)
    EXPECT_FALSE(parse_traceparent(kExample.substr(0, n))) << n;
}

TEST(TraceTest, AChildKeepsTheTraceAndHasASpanOfItsOwn) {
  const auto random = base::system_random();
  const auto parent = *parse_traceparent(kExample);
  const auto child = child_of(parent, random);
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_NE(child.span_id, parent.span_id);
  EXPECT_TRUE(parse_traceparent(child.traceparent()));
}

TEST(TraceTest, ABrokenTraceIsReplacedByANewOne) {
  const auto random = base::system_random();
  EXPECT_EQ(continue_trace(kExample, random).trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_TRUE(parse_traceparent(continue_trace("rubbish", random).traceparent()));
}

TEST(TraceTest, ZeroIsDrawnAgain) {
  int draws = 0;
  const auto trace = new_trace([&] { return static_cast<std::uint64_t>(draws++); });
  EXPECT_TRUE(parse_traceparent(trace.traceparent()));
}

}  // namespace
}  // namespace chassis
