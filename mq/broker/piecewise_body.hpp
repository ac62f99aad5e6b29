#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "mq/base/assert.hpp"
#include "mq/protocol/body.hpp"

namespace mq::broker {

// The JSON of a body one of whose members is a long list or table, printed a few elements at a time: printing
// thousands of them in one go would hold up the hot loop.
//
// Invariant: text() is what encode_body() of the whole body would be, when elements come in its order.
template <class Body>
class PiecewiseBody {
 public:
  // `member` as it is called in the JSON, such as "offsetTable".
  explicit PiecewiseBody(std::string_view member) : member_('"' + std::string(member) + "\":") {
    const auto empty = protocol::encode_body(Body{});
    behind_ = empty.size() - inside(empty) - 1;  // without the closing bracket
  }

  // The elements that `some` has in the member; everything else in it is as in Body{}.
  void add(const Body& some) {
    const auto text = protocol::encode_body(some);
    const auto begin = inside(text);
    add_text(std::string_view(text).substr(begin, text.size() - behind_ - 1 - begin));
  }
  // An element that is JSON already.
  void add_text(std::string_view element) {
    if (element.empty()) return;
    if (!elements_.empty()) elements_.push_back(',');
    elements_.append(element);
  }
  // The body: `rest` with the elements in its member, which is empty in `rest`.
  [[nodiscard]] std::string text(const Body& rest) const {
    auto text = protocol::encode_body(rest);
    text.insert(inside(text), elements_);
    return text;
  }

 private:
  // Where the first element stands. Names of members that come before are known, so the first hit is right.
  [[nodiscard]] std::size_t inside(std::string_view text) const {
    const auto found = text.find(member_);
    BASE_ASSERT(found != std::string_view::npos, "the body has this member");
    return found + member_.size() + 1;
  }

  std::string member_;
  std::size_t behind_ = 0;  // what stands behind the member's closing bracket in the text of Body{}
  std::string elements_;
};

}  // namespace mq::broker
