#include "mq/base/settings_value.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace base {
namespace {
using std::chrono::milliseconds;

template <class T>
Settings::Entry entry_for(T& target, Settings::Kind kind = Settings::Kind::plain) {
  return {.name = "a.b", .target = &target, .help = "", .kind = kind};
}

template <class T>
std::string set(T& target, const std::string& text, Settings::Kind kind = Settings::Kind::plain) {
  auto entry = entry_for(target, kind);
  Given given;
  given.values = {text};
  return assign(entry, given);
}

TEST(SettingsValueTest, DurationsNeedAUnit) {
  struct Case {
    std::string text;
    std::int64_t ms;
  };
  for (const auto& c :
       {Case{"500ms", 500}, Case{"30s", 30'000}, Case{"15m", 900'000}, Case{"24h", 86'400'000},
        Case{"3d", 259'200'000}, Case{"0", 0}, Case{"0s", 0}, Case{" 5 s ", 5000}}) {
    milliseconds value{-1};
    EXPECT_EQ(set(value, c.text), "") << c.text;
    EXPECT_EQ(value.count(), c.ms) << c.text;
  }
}

TEST(SettingsValueTest, ADurationThatIsNoneIsRefusedAndChangesNothing) {
  for (const std::string text : {"", "30", "s", "1.5s", "5 weeks", "1h30m", "5S", "0x5s",
                                 "99999999999999999999s", "9223372036854775807d", "-5s", "+5s"}) {
    milliseconds value{7};
    EXPECT_NE(set(value, text), "") << text;
    EXPECT_EQ(value.count(), 7) << text;
  }
  milliseconds value{7};
  EXPECT_EQ(set(value, "30"), "'30' is not a duration such as 500ms, 30s, 15m, 24h or 3d");
}

TEST(SettingsValueTest, SizesAreBytesOrHaveABinaryUnit) {
  std::size_t value = 0;
  EXPECT_EQ(set(value, "64MiB", Settings::Kind::size), "");
  EXPECT_EQ(value, std::size_t{64} << 20);
  EXPECT_EQ(set(value, "1073741824", Settings::Kind::size), "");
  EXPECT_EQ(value, std::size_t{1} << 30);
  EXPECT_NE(set(value, "64MB", Settings::Kind::size), "");
  EXPECT_NE(set(value, "-1", Settings::Kind::size), "");
  EXPECT_NE(set(value, "9999999TiB", Settings::Kind::size), "");
  EXPECT_EQ(value, std::size_t{1} << 30);
}

TEST(SettingsValueTest, NumbersStayWithinTheirTypeAndTheirRange) {
  std::uint16_t port = 1;
  EXPECT_EQ(set(port, "65535"), "");
  EXPECT_EQ(port, 65535);
  EXPECT_EQ(set(port, "70000"), "70000 is not between 0 and 65535");
  EXPECT_EQ(set(port, "-1"), "-1 is not between 0 and 65535");
  EXPECT_EQ(set(port, "99999999999999999999"), "99999999999999999999 is not between 0 and 65535");
  EXPECT_EQ(set(port, "80x"), "'80x' is not a whole number");
  EXPECT_EQ(set(port, ""), "'' is not a whole number");
  EXPECT_EQ(port, 65535);

  std::int64_t wide = 0;
  EXPECT_EQ(set(wide, "-9223372036854775808"), "");
  EXPECT_EQ(wide, std::numeric_limits<std::int64_t>::min());

  int narrow = 0;
  auto entry = entry_for(narrow);
  entry.range = Settings::Entry::Range{1, 16};
  Given given;
  given.values = {"17"};
  EXPECT_EQ(assign(entry, given), "17 is not between 1 and 16");
}

TEST(SettingsValueTest, RangesOfDurationsAndSizesSpeakTheirUnits) {
  milliseconds value{0};
  auto entry = entry_for(value);
  entry.range = Settings::Entry::Range{1000, 60'000};
  Given given;
  given.values = {"2m"};
  EXPECT_EQ(assign(entry, given), "2m is not between 1s and 1m");
}

TEST(SettingsValueTest, TruthsAreWordsPeopleUse) {
  bool value = false;
  for (const std::string yes : {"true", "yes", "on", "1"}) {
    value = false;
    EXPECT_EQ(set(value, yes), "");
    EXPECT_TRUE(value);
  }
  for (const std::string no : {"false", "no", "off", "0"}) {
    value = true;
    EXPECT_EQ(set(value, no), "");
    EXPECT_FALSE(value);
  }
  EXPECT_EQ(set(value, "maybe"), "'maybe' is neither true nor false");
}

TEST(SettingsValueTest, ListsAreSeparatedByCommas) {
  std::vector<std::string> value{"old"};
  EXPECT_EQ(set(value, "a:1, b:2,,"), "");
  EXPECT_EQ(value, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(set(value, ""), "");
  EXPECT_TRUE(value.empty());
}

TEST(SettingsValueTest, AChoiceNamesTheChoicesAndTheNearest) {
  std::string value = "info";
  auto entry = entry_for(value);
  entry.choices = {"debug", "info", "warn"};
  Given given;
  given.values = {"wran"};
  EXPECT_EQ(assign(entry, given), "'wran' is not one of debug, info and warn; did you mean warn?");
  EXPECT_EQ(value, "info");
}

TEST(SettingsValueTest, AWrongSecretIsNotRepeated) {
  int pin = 0;
  EXPECT_EQ(set(pin, "hunter2", Settings::Kind::secret), "is not a valid value");
}

// What --print-config writes is read back as the same value, for every kind.
TEST(SettingsValueTest, PrintedDurationsAndSizesAreReadBack) {
  for (const std::int64_t ms : {0L, 1L, 999L, 1000L, 61'000L, 3'600'000L, 86'400'000L, 90'000'000L}) {
    milliseconds value{ms}, again{-1};
    const std::string printed = format_value(entry_for(value));
    EXPECT_EQ(set(again, printed.substr(1, printed.size() - 2)), "") << printed;
    EXPECT_EQ(again, value) << printed;
  }
  for (const std::size_t bytes : {0UL, 1UL, 1023UL, 1024UL, 1UL << 20, 3UL << 30, 5UL << 40}) {
    std::size_t value = bytes, again = 1;
    const std::string printed = format_value(entry_for(value, Settings::Kind::size));
    EXPECT_EQ(set(again, printed.substr(1, printed.size() - 2), Settings::Kind::size), "") << printed;
    EXPECT_EQ(again, value) << printed;
  }
}

TEST(SettingsValueTest, TextIsQuotedForToml) {
  EXPECT_EQ(toml_quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000A\"");
  EXPECT_EQ(toml_quoted("茶"), "\"茶\"");
}

TEST(SettingsValueTest, OnlyANearWordIsSuggested) {
  const std::vector<std::string> known{"http.port", "http.ip", "log.level"};
  EXPECT_EQ(did_you_mean("http.prot", known), "http.port");
  EXPECT_EQ(did_you_mean("log.levle", known), "log.level");
  EXPECT_EQ(did_you_mean("database.dsn", known), "");
  EXPECT_EQ(did_you_mean("", known), "");
}

}  // namespace
}  // namespace base
