#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "mq/base/bytes.hpp"
#include "mq/load/digits.hpp"
#include "mq/protocol/command.hpp"

namespace mq::load {

// A request of the remoting protocol encoded once, of which each copy gets numbers of its own.
class FrameTemplate {
 public:
  explicit FrameTemplate(protocol::Command command);
  // Pre: 0 <= opaque < 1,000,000,000.
  void append_to(base::Bytes& out, std::int32_t opaque, const Numbers& numbers = {}) const;
  [[nodiscard]] std::size_t size() const { return frame_.text().size(); }

 private:
  DigitTemplate frame_;
  std::size_t opaque_at_ = 0;
};

// What the sends of a load are like.
struct SendSpec {
  std::string topic = "bench";
  int queues = 8;
  std::size_t body_size = 1024;
  int batch = 1;         // messages a request
  bool half = false;     // of transactions: seen by nobody before a commit
  bool delayed = false;  // each with a due time
};

// One such request to a queue, with the properties that a service's event has.
protocol::Command send_request(const SendSpec& spec, int queue);

// What the load has to know of an answer, read without decoding the rest.
struct AnswerHead {
  std::int32_t code = 0;
  std::int32_t opaque = 0;
};
// Nothing when the frame does not begin as frames with a JSON header do.
std::optional<AnswerHead> head_of(base::BytesView frame);

}  // namespace mq::load
