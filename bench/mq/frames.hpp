#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/protocol/command.hpp"

namespace bench {

// A request encoded once, of which each copy gets a number of its own: encoding a million times a second
// would cost the load more than the broker's whole work.
class FrameTemplate {
 public:
  // Eight digits stand where this stands in the command's texts.
  static constexpr std::string_view kSerialMark = "########";

  explicit FrameTemplate(mq::protocol::Command command);
  // Pre: 0 <= opaque < 1,000,000,000.
  void append_to(base::Bytes& out, std::int32_t opaque, std::uint64_t serial) const;
  [[nodiscard]] std::size_t size() const { return frame_.size(); }

 private:
  base::Bytes frame_;
  std::size_t opaque_at_ = 0;
  std::vector<std::size_t> serials_at_;
};

// A send of `body_size` bytes to `topic`, with the properties that a service's event has.
mq::protocol::Command send_request(const std::string& topic, int queue, std::size_t body_size);

// Bytes that the log takes for one such message.
std::size_t stored_size(const mq::protocol::Command& send);

// What the load has to know of an answer, read without decoding the rest.
struct AnswerHead {
  std::int32_t code = 0;
  std::int32_t opaque = 0;
};
// Nothing when the frame does not begin as frames with a JSON header do.
std::optional<AnswerHead> head_of(base::BytesView frame);

}  // namespace bench
