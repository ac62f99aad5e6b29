#include "cli/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <filesystem>

namespace cli {
namespace {
using testing::ElementsAre;

TEST(Console, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(format_table({{"A", "B"}, {"long", "x"}, {"", "y"}}), "A     B\nlong  x\n      y\n");
}

TEST(Console, ChineseCountsTwoAndColourNothing) {
  EXPECT_EQ(display_width("红包 1"), 6U);
  EXPECT_EQ(display_width("¥9.90"), 5U);
  EXPECT_EQ(display_width("\033[32mready\033[0m"), 5U);
  EXPECT_EQ(format_table({{"红包", "B"}, {"abcd", "x"}}), "红包  B\nabcd  x\n");
}

TEST(Console, BrokenTextDoesNotRunPastItsEnd) {
  EXPECT_EQ(display_width("\xe7\xba"), 1U);
  EXPECT_EQ(display_width("\033[3"), 0U);
}

TEST(Console, WithoutATerminalThereAreNoColours) { EXPECT_EQ(paint(Colour::red, "x"), "x"); }

TEST(Console, AnErrorIsToldWithoutPlacesInSourceCode) {
  static constexpr boost::source_location kPlace("/usr/include/boost/x.hpp", 93, "do_complete");
  const boost::system::error_code refused(boost::asio::error::connection_refused, &kPlace);
  EXPECT_EQ(sentence_of(boost::system::system_error(refused)), "Connection refused");
  EXPECT_EQ(sentence_of(std::runtime_error("the disk is full")), "the disk is full");
  const std::filesystem::filesystem_error file("cannot rename", "/a",
                                               std::make_error_code(std::errc::io_error));
  EXPECT_EQ(sentence_of(file), "cannot rename: Input/output error [/a]");
}

TEST(Console, TheEndOfATextIsItsLastLines) {
  EXPECT_THAT(last_lines("a\nb\nc\n", 2), ElementsAre("b", "c"));
  EXPECT_THAT(last_lines("a\nb", 5), ElementsAre("a", "b"));
  EXPECT_THAT(last_lines("", 5), ElementsAre());
}

}  // namespace
}  // namespace cli
