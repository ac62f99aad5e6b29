#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "mq/protocol/body.hpp"

namespace mq::broker {

// Keeps a protocol body as a metadata value, in the JSON that tools see.
template <class Body>
struct BodyCodec {
  static std::string encode(const Body& body) { return protocol::encode_body(body); }
  static std::optional<Body> decode(std::string_view text) {
    auto body = protocol::decode_body<Body>(text);
    if (!body) return std::nullopt;
    return std::move(*body);
  }
};

}  // namespace mq::broker
