#include "chassis/sql.hpp"

#include <gtest/gtest.h>

namespace chassis {
namespace {

using namespace std::chrono_literals;

struct Rows : Transaction {
  static SqlRow one(std::vector<std::string> columns, std::vector<std::optional<std::string>> values) {
    return make_row(std::make_shared<const std::vector<std::string>>(std::move(columns)), std::move(values));
  }
};

SqlRow with(std::optional<std::string> value) { return Rows::one({"x"}, {std::move(value)}); }

TEST(SqlValueTest, TimesAreWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(SqlValue(base::from_millis(0)).text(), "1970-01-01 00:00:00.000+00");
  EXPECT_EQ(SqlValue(base::from_millis(1'772'355'723'045)).text(), "2026-03-01 09:02:03.045+00");
  EXPECT_EQ(SqlValue(base::from_millis(-1)).text(), "1969-12-31 23:59:59.999+00");
}

TEST(SqlValueTest, EmptyOptionalsAreNull) {
  EXPECT_EQ(SqlValue(std::optional<base::Time>()).text(), std::nullopt);
  EXPECT_EQ(SqlValue(std::optional<std::string>()).text(), std::nullopt);
  EXPECT_EQ(SqlValue(std::nullopt).text(), std::nullopt);
  EXPECT_EQ(SqlValue(std::optional<std::int64_t>(7)).text(), "7");
  EXPECT_EQ(SqlValue("").text(), "");
}

TEST(SqlValueTest, ArraysQuoteWhatPostgresWouldMisread) {
  EXPECT_EQ(sql_array(std::vector<std::int64_t>{}).text(), "{}");
  EXPECT_EQ(sql_array(std::vector<std::int64_t>{1, -2}).text(), "{1,-2}");
  EXPECT_EQ(sql_array(std::vector<std::string>{"a", "b\"c\\", "NULL", ""}).text(),
            R"({"a","b\"c\\","NULL",""})");
}

TEST(SqlRowTest, ReadsTimesOfEveryPrecision) {
  const auto second = base::from_millis(1'772'355'723'000);
  EXPECT_EQ(with("2026-03-01 09:02:03+00").time("x"), second);
  EXPECT_EQ(with("2026-03-01 09:02:03.4+00").time("x"), second + 400ms);
  EXPECT_EQ(with("2026-03-01 09:02:03.04+00").time("x"), second + 40ms);
  EXPECT_EQ(with("2026-03-01 09:02:03.045+00").time("x"), second + 45ms);
  EXPECT_EQ(with("2026-03-01 09:02:03.045999+00").time("x"), second + 45ms);
}

TEST(SqlRowTest, EveryTimeThatIsWrittenIsReadBack) {
  for (std::int64_t ms = 0; ms < 4'000'000'000'000; ms += 98'765'432'123 / 7) {
    const auto at = base::from_millis(ms);
    EXPECT_EQ(with(SqlValue(at).text()).time("x"), at);
  }
}

TEST(SqlRowTest, OtherTextIsNoTime) {
  for (const auto* text :
       {"infinity", "-infinity", "2026-03-01 09:02:03+01", "2026-03-01", "", "+00", "2026-02-30 09:02:03+00",
        "0044-03-15 09:02:03+00 BC", "2026-03-01 09:02:03.+0x+00", "12026-03-01 09:02:03+00",
        "2026-03-01 09:02:03.1234567+00"}) {
    EXPECT_THROW((void)with(text).time("x"), std::logic_error) << text;
  }
}

TEST(SqlRowTest, NamesTheColumnThatIsWrong) {
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const std::logic_error& error) {
      return error.what();
    }
    return "nothing thrown";
  };
  EXPECT_EQ(message([] { (void)with("1").text("y"); }), "column \"y\" is not in the answer");
  EXPECT_EQ(message([] { (void)with(std::nullopt).text("x"); }), "column \"x\" is NULL");
  EXPECT_EQ(message([] { (void)with(std::nullopt).integer("x"); }), "column \"x\" is NULL");
  EXPECT_EQ(message([] { (void)with("12a").integer("x"); }), "column \"x\" is not a 64-bit integer");
  EXPECT_EQ(message([] { (void)with("true").boolean("x"); }), "column \"x\" is not a boolean");
}

TEST(SqlRowTest, NullAndEmptyTextDiffer) {
  EXPECT_TRUE(with(std::nullopt).is_null("x"));
  EXPECT_FALSE(with("").is_null("x"));
  EXPECT_EQ(with(std::nullopt).maybe_text("x"), std::nullopt);
  EXPECT_EQ(with("").maybe_text("x"), "");
  EXPECT_EQ(with(std::nullopt).maybe_integer("x"), std::nullopt);
  EXPECT_EQ(with("-9223372036854775808").integer("x"), std::numeric_limits<std::int64_t>::min());
}

TEST(SqlErrorTest, KnowsWhichTransactionsMayRunAgain) {
  EXPECT_TRUE(SqlError("40P01", "", "").retryable());
  EXPECT_TRUE(SqlError("40001", "", "").retryable());
  EXPECT_FALSE(SqlError("23505", "", "").retryable());
  EXPECT_TRUE(SqlError("23505", "", "").unique_violation());
  EXPECT_TRUE(SqlError("55P03", "", "").lock_timeout());
}

}  // namespace
}  // namespace chassis
