#include "mq/protocol/json_text.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <optional>
#include <random>

namespace mq::protocol {
namespace {

std::string json_of(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string memory(text.size() + kUnescapeSlack, '#');
  const char* const end = unescape(memory.data(), text);
  if (end == nullptr) return std::nullopt;
  return memory.substr(0, static_cast<std::size_t>(end - memory.data()));
}

TEST(PutQuoted, EscapesWhatJsonForbids) {
  EXPECT_EQ(json_of(""), "\"\"");
  EXPECT_EQ(json_of("plain"), "\"plain\"");
  EXPECT_EQ(json_of("k\x01v\x02"), "\"k\\u0001v\\u0002\"");
  EXPECT_EQ(json_of("\"\\\n\r\t\x1f"), "\"\\\"\\\\\\n\\r\\t\\u001f\"");
  EXPECT_EQ(json_of("订单"), "\"订单\"");
}

// Lengths around the block of sixteen, the special byte at every place.
TEST(PutQuoted, FindsASpecialByteAtEveryPlace) {
  for (std::size_t size = 1; size <= 40; ++size) {
    EXPECT_EQ(json_of(std::string(size, 'x')), "\"" + std::string(size, 'x') + "\"");
    for (std::size_t at = 0; at < size; ++at) {
      for (const auto& [special, escape] :
           {std::pair{'"', "\\\""}, std::pair{'\\', "\\\\"}, std::pair{'\0', "\\u0000"}}) {
        std::string text(size, 'x');
        text[at] = special;
        EXPECT_EQ(json_of(text),
                  "\"" + std::string(at, 'x') + escape + std::string(size - at - 1, 'x') + "\"");
      }
    }
  }
}

TEST(FindClosingQuote, SkipsEscapedQuotesAtEveryPlace) {
  for (std::size_t before = 0; before <= 40; ++before) {
    for (const std::string special : {"", "\\\"", "\\\\", "\\\\\\\"", "\\u0001"}) {
      const std::string text = std::string(before, 'x') + special + "yy";
      const std::string all = text + "\",\"next\":1";
      bool escaped = false;
      const char* const quote = find_closing_quote(all.data(), all.data() + all.size(), escaped);
      ASSERT_NE(quote, nullptr);
      EXPECT_EQ(std::string(all.data(), quote), text);
      EXPECT_EQ(escaped, !special.empty());
    }
  }
}

TEST(FindClosingQuote, SaysWhenThereIsNone) {
  bool escaped = false;
  for (const std::string text : {"", "abc", "abc\\\"", "\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\""}) {
    EXPECT_EQ(find_closing_quote(text.data(), text.data() + text.size(), escaped), nullptr) << text;
  }
}

TEST(FindNearQuote, GivesUpOrIsRight) {
  for (std::size_t before = 0; before < 16; ++before) {
    for (const std::string special : {"", "\\\"", "\\\\"}) {
      const std::string all = std::string(before, 'x') + special + "\"" + std::string(20, 'z');
      const char* const quote = find_near_quote(all.data(), all.data() + all.size());
      if (quote == nullptr) continue;
      EXPECT_EQ(special, "");
      EXPECT_EQ(static_cast<std::size_t>(quote - all.data()), before);
    }
  }
}

TEST(Unescape, UndoesEveryEscape) {
  EXPECT_EQ(unescaped("plain text, longer than one block of it"), "plain text, longer than one block of it");
  EXPECT_EQ(unescaped(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(unescaped(R"(KEYS\u0001k1\u0002TAGS\u0001TagA\u0002)"), "KEYS\x01k1\x02TAGS\x01TagA\x02");
  EXPECT_EQ(unescaped(R"(\u8BA2\u5355)"), "订单");
  EXPECT_EQ(unescaped(R"(\u00e9)"), "é");
  EXPECT_EQ(unescaped(R"(\ud83d\uDE00)"), "\xf0\x9f\x98\x80");
  EXPECT_EQ(unescaped(R"(\uffff)"), "\xef\xbf\xbf");
}

TEST(Unescape, RefusesBrokenEscapes) {
  for (const char* bad :
       {R"(\)", R"(\x)", R"(\u)", R"(\u12)", R"(\u12g4)", R"(\ud83d)", R"(\ud83dx)", R"(\ud83d\n0000)",
        R"(\ud83d\u0041)", R"(\ude00)", R"(0123456789abcdef\u00)", R"(\u 123)", R"(\u-123)"}) {
    EXPECT_EQ(unescaped(bad), std::nullopt) << bad;
  }
}

TEST(JsonText, ComesBackAndMeansTheSameToAnotherParser) {
  std::mt19937_64 random(11);
  const std::string_view alphabet = "ab\"\\/\n\x01\x02\x1f\x7f{}: \t";
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 70, ' ');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    const std::string out = json_of(text);
    EXPECT_EQ(boost::json::parse(out).as_string(), text);
    EXPECT_EQ(unescaped(std::string_view(out).substr(1, out.size() - 2)), text);
  }
}

}  // namespace
}  // namespace mq::protocol
