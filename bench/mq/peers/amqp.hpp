#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mq/base/bytes.hpp"

// As much of AMQP 0-9-1 as publishing and consuming on one channel need (amqp0-9-1 specification,
// sections 1.3 to 1.8 and 4.2).
namespace bench::amqp {

// Class and method, as the wire has them.
constexpr std::uint32_t method_id(std::uint32_t of_class, std::uint32_t method) {
  return of_class << 16 | method;
}
inline constexpr std::uint32_t kConnectionStart = method_id(10, 10);
inline constexpr std::uint32_t kConnectionTune = method_id(10, 30);
inline constexpr std::uint32_t kConnectionOpenOk = method_id(10, 41);
inline constexpr std::uint32_t kChannelOpenOk = method_id(20, 11);
inline constexpr std::uint32_t kQueueDeclareOk = method_id(50, 11);
inline constexpr std::uint32_t kBasicQosOk = method_id(60, 11);
inline constexpr std::uint32_t kBasicConsumeOk = method_id(60, 21);
inline constexpr std::uint32_t kBasicDeliver = method_id(60, 60);
inline constexpr std::uint32_t kBasicAck = method_id(60, 80);
inline constexpr std::uint32_t kBasicNack = method_id(60, 120);
inline constexpr std::uint32_t kConfirmSelectOk = method_id(85, 11);

std::string start_ok(std::string_view user, std::string_view password);
std::string tune_ok();
std::string open(std::string_view host);
std::string channel_open();
// A durable queue; `type` as RabbitMQ's x-queue-type.
std::string declare(std::string_view queue, std::string_view type);
std::string confirm_select();
// A persistent message to the default exchange: method, header and body.
std::string publish(std::string_view queue, std::string_view body);

// At most so many deliveries without an acknowledgement.
std::string prefetch(std::uint16_t count);
// `stream`: from the first message on.
std::string consume(std::string_view queue, bool stream);
// Of all deliveries up to `tag`.
std::string acknowledge(std::uint64_t tag);

struct Frame {
  std::size_t size = 0;
  std::uint32_t method = 0;  // 0: no method
  std::uint64_t tag = 0;     // of an acknowledgement or a delivery
  bool multiple = false;
};
// The first frame, when it has come whole.
std::optional<Frame> first_frame(base::BytesView bytes);

// Reads frames until this method comes. Throws std::runtime_error when the connection ends before.
void expect(int fd, std::uint32_t method);

}  // namespace bench::amqp
