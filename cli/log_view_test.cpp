#include "cli/log_view.hpp"

#include <gtest/gtest.h>

namespace cli {
namespace {

TEST(LogView, AJsonLineBecomesASentenceWithItsFields) {
  EXPECT_EQ(format_log_line(R"({"ts":"2026-03-01T08:00:00Z","level":"warn","service":"order-service",)"
                            R"("logger":"outbox","msg":"send failed","order_no":"42","attempt":3})"),
            "2026-03-01T08:00:00Z warn  outbox: send failed order_no=42 attempt=3");
}

TEST(LogView, WhatIsNotJsonStaysAsItIs) {
  for (const auto* line : {"", "plain words", "[1,2]", "{\"half\":"}) EXPECT_EQ(format_log_line(line), line);
}

}  // namespace
}  // namespace cli
