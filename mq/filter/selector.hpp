#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/filter/selector_value.hpp"

namespace mq::filter {

// A SQL92 selector: which messages a consumer group wants of a topic, told by their properties
// (rocketmq-wire.md 4.19). Grammar and answers are the genuine broker's to the letter, because a group must
// get the same messages from both; what surprises is said where it is done.
//
// Immutable once parsed: any thread.
class Selector {
 public:
  static constexpr std::size_t kTextMax = 32'768;  // bytes
  static constexpr int kDepthMax = 300;            // of parentheses, signs and NOTs within one another

  // Nothing when the text is no selector; `problem` then says what was expected, and where.
  static std::optional<Selector> parse(std::string_view text, std::string& problem);

  // Whether a message with this property string (properties.hpp) is wanted. An answer that is neither true
  // nor false means no, and so does a comparison that cannot be made, wherever in the selector it is met.
  [[nodiscard]] bool matches(std::string_view properties) const;

 private:
  friend class SelectorParser;

  enum class Kind : std::uint8_t {
    constant,  // NULL, a boolean or a number
    text,
    property,
    negate,
    inverse,   // NOT
    truth_of,  // a property where a condition is needed: never true
    any_of,    // OR
    all_of,    // AND
    equal,
    less,
    less_equal,
    greater,
    greater_equal,
    contains,
    starts_with,
    ends_with,
    in,
  };
  struct Node {
    Kind kind = Kind::constant;
    bool inverted = false;  // NOT CONTAINS, NOT STARTSWITH, NOT ENDSWITH, NOT IN
    std::uint32_t left = 0, right = 0;
    Value constant;                  // never a text
    std::string text;                // of a text; a property's name; what is searched for
    std::vector<std::string> texts;  // of IN
  };

  [[nodiscard]] Value value_of(std::uint32_t node, std::string_view properties) const;
  [[nodiscard]] Value logic(const Node& node, std::string_view properties) const;
  [[nodiscard]] Value equality(const Node& node, std::string_view properties) const;
  [[nodiscard]] Value order(const Node& node, std::string_view properties) const;
  [[nodiscard]] static Value search(const Node& node, const Value& in);
  [[nodiscard]] static Value membership(const Node& node, const Value& of);

  std::vector<Node> nodes_;
  std::uint32_t root_ = 0;
};

}  // namespace mq::filter
