#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mq/protocol/command.hpp"

namespace mq::protocol {

// The text of one JSON header with holes where the values of ext fields and the opaque stood. A client
// writes header after header that differ in nothing else; one that fits is decoded by comparing the text
// between the holes, at about a third of the full parser's price.
class HeaderShape {
 public:
  // Takes the shape of `header`, which was decoded in place into `decoded`. False: it has a value that is
  // no string, two opaques or none, or is larger than a shape may be; the shape is then empty.
  bool learn(std::string_view header, const CommandView& decoded);

  // False: the header is different, or says something that only the full parser can judge; `into` is then in
  // any state. True: `into` is what decode_json_in_place() would have made of it. Expects `into` as reset()
  // leaves it.
  bool decode(std::string_view header, CommandView& into) const;

 private:
  static constexpr std::size_t kHolesMax = 32;
  static constexpr std::size_t kTextMax = 768;
  static constexpr std::size_t kBlock = 16;

  // The text before a hole, and where the name of the hole's field stands in it.
  struct Literal {
    std::uint16_t at = 0;
    std::uint16_t size = 0;
    std::uint16_t key_at = 0;
    std::uint16_t key_size = 0;
  };
  // A text that is the same in every header of this shape.
  struct Constant {
    std::uint16_t literal = 0;
    std::uint16_t at = 0;
    std::uint16_t size = 0;
  };

  bool add_literal(std::string_view text);
  bool add_opaque(std::string_view text, const char*& from);
  bool add_rest(std::string_view header, const char* from);
  [[nodiscard]] bool fits(const Literal& literal, const char* at, const char* end) const;
  [[nodiscard]] Constant place_of(std::string_view text, std::string_view header,
                                  const CommandView& decoded) const;

  std::array<char, kTextMax + kBlock> text_{};
  std::array<Literal, kHolesMax + 1> literals_;  // the last one ends the header
  std::size_t holes_ = 0;                        // 0: nothing was learned
  std::size_t opaque_ = 0;                       // its hole
  std::size_t used_ = 0;
  std::int32_t code_ = 0;
  std::int32_t flag_ = 0;
  std::int32_t version_ = 0;
  Constant language_;
  Constant remark_;
};

// The shapes of the headers that come again and again, a few for all connections. Not thread-safe.
class HeaderShapes {
 public:
  // As HeaderShape::decode() with the shape that this header should have.
  bool decode(std::string_view header, CommandView& into);
  // Says that `header` fitted no shape and was decoded in place. Two clients whose headers claim the same
  // place do not make each other's shapes worthless all the time: one that fitted often is kept a while.
  void learn(std::string_view header, const CommandView& decoded);

 private:
  static constexpr std::size_t kShapes = 16;
  static constexpr int kCreditMax = 64;
  struct Slot {
    HeaderShape shape;
    int credit = 0;
  };
  static std::size_t slot_of(std::string_view header);

  std::array<Slot, kShapes> slots_;
};

}  // namespace mq::protocol
