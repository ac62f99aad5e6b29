#pragma once
#include <cstddef>
#include <cstdint>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"
#include "mq/protocol/bodies_route.hpp"

namespace mq::protocol {

// What a compressed body may become: more than any broker's topics need, little enough to be afforded.
inline constexpr std::size_t kRegisterBodyMax = std::size_t{32} << 20;

// The body of REGISTER_BROKER (103), which says a broker's topics: JSON, or a zlib stream of length-prefixed
// parts (rocketmq-wire.md 2.7). Queue mappings of static topics are skipped. No body at all means no topics.
// errc::bad_message: makes no sense; errc::message_size: too large.
base::Result<RegisterBrokerBody> decode_register_body(base::BytesView body, bool compressed);

// CRC-32 of a body as brokers send it: 31 bits.
std::int32_t register_body_crc32(base::BytesView body);

}  // namespace mq::protocol
