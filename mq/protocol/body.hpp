#pragma once
#include <string>
#include <string_view>

#include "mq/base/result.hpp"

// JSON bodies with the conventions of fastjson (rocketmq-wire.md 2.6). A body is a struct with one
// `visit` that names its fields in the order they are written, which is alphabetical:
//
//   struct ConsumerIds {
//     std::vector<std::string> ids;
//     template <class Self, class V> static void visit(Self& self, V& v) {
//       v.field("consumerIdList", self.ids);
//     }
//   };
//
// Field types: std::string, bool, integers, double, enums with names (enum_names), mq::MessageQueue,
// other bodies, and std::optional, std::vector and std::map of these.
namespace mq::protocol {

// Compact text. Absent optionals are left out, empty collections are kept, numeric keys are quoted and
// MessageQueue keys are written as raw objects, because Java reads nothing else.
template <class Body>
std::string encode_body(const Body& body);

// Liberal: raw numeric and raw object keys, numbers as text, enums as names or ordinals, null as absent,
// unknown fields skipped. A missing field keeps its default. Text that is no JSON object, and a field of
// the wrong kind, is errc::invalid_argument.
template <class Body>
base::Result<Body> decode_body(std::string_view text);

}  // namespace mq::protocol
