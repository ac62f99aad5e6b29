#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>

#include "mq/base/bytes.hpp"
#include "mq/load/frames.hpp"

namespace mq::load {

// What the answers brought.
struct Brought {
  std::uint64_t messages = 0;
  std::uint64_t payload = 0;  // bytes of their bodies
  std::uint64_t refused = 0;  // answers that said no
};

// A request that is to be made.
struct Ask {
  std::size_t connection = 0;
  std::int32_t opaque = 0;
  std::int64_t stamp_ns = 0;  // when it was meant to be made
};

// What a load asks for, and what it makes of the answers. Decides nothing about when.
class Traffic {
 public:
  virtual ~Traffic() = default;
  // What this protocol says on a new connection before anything else. May block, and throws
  // std::runtime_error.
  virtual void greet(std::size_t, int) {}
  // Appends a connection's next request. False: it has nothing more to ask.
  virtual bool request(const Ask& ask, base::Bytes& out) = 0;
  // The whole answers at the front of `received`, whose bytes are returned: tells the load which requests
  // they answer.
  using Answered = std::function<void(std::int32_t opaque)>;
  virtual std::size_t answers(std::size_t connection, base::BytesView received, Brought& brought,
                              const Answered& answered) = 0;
  // The request just answered was a step: its next one belongs to the same whole, whose time goes on.
  [[nodiscard]] virtual bool goes_on(std::int32_t) const { return false; }
};

// Traffic in frames of the remoting protocol, which name the request that they answer.
class FramedTraffic : public Traffic {
 public:
  std::size_t answers(std::size_t connection, base::BytesView received, Brought& brought,
                      const Answered& answered) final;

 private:
  virtual void answer(std::size_t connection, const AnswerHead& head, base::BytesView frame,
                      Brought& brought) = 0;
};

}  // namespace mq::load
