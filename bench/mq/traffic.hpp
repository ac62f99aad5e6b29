#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/mq/frames.hpp"
#include "mq/base/bytes.hpp"

namespace bench {

// What the answers brought.
struct Brought {
  std::uint64_t messages = 0;
  std::uint64_t payload = 0;  // bytes of their bodies
  std::uint64_t refused = 0;  // answers that said no
};

// What a load asks for, and what it makes of the answers. Decides nothing about when.
class Traffic {
 public:
  virtual ~Traffic() = default;
  // What this protocol says on a new connection before anything else. May block, and throws
  // std::runtime_error.
  virtual void greet(std::size_t, int) {}
  // Appends a connection's next request. False: it has nothing more to ask.
  virtual bool request(std::size_t connection, std::int32_t opaque, base::Bytes& out) = 0;
  // The whole answers at the front of `received`, whose bytes are returned: tells the load which requests
  // they answer.
  using Answered = std::function<void(std::int32_t opaque)>;
  virtual std::size_t answers(std::size_t connection, base::BytesView received, Brought& brought,
                              const Answered& answered) = 0;
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

// Messages, spread over the queues of one topic.
class Sends final : public FramedTraffic {
 public:
  static constexpr int kQueues = 8;
  static constexpr std::size_t kBodySize = 1024;
  static constexpr std::uint64_t kEndless = ~std::uint64_t{0};

  // An echo answers with the code of the request.
  explicit Sends(std::int32_t good_code, std::uint64_t limit = kEndless);
  bool request(std::size_t connection, std::int32_t opaque, base::Bytes& out) override;

 private:
  void answer(std::size_t connection, const AnswerHead& head, base::BytesView frame,
              Brought& brought) override;

  std::vector<FrameTemplate> by_queue_;
  std::int32_t good_code_;
  std::uint64_t left_;
  std::uint64_t next_ = 0;
};

// Pulls from the beginning to the end, each connection a queue of its own.
class Pulls final : public FramedTraffic {
 public:
  explicit Pulls(int count_max);
  bool request(std::size_t connection, std::int32_t opaque, base::Bytes& out) override;
  [[nodiscard]] std::uint64_t answered() const { return answered_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  void answer(std::size_t connection, const AnswerHead& head, base::BytesView frame,
              Brought& brought) override;
  struct Queue {
    std::int64_t offset = 0;
    bool at_end = false;
  };
  int count_max_;
  std::vector<Queue> queues_{Sends::kQueues};
  std::uint64_t answered_ = 0, bytes_ = 0;
};

// As many pulls as one likes, of an echo that answers with frames as large as those of a broker.
class EchoedPulls final : public FramedTraffic {
 public:
  EchoedPulls(int count_max, std::uint64_t messages_per_answer);
  bool request(std::size_t connection, std::int32_t opaque, base::Bytes& out) override;

 private:
  void answer(std::size_t connection, const AnswerHead& head, base::BytesView frame,
              Brought& brought) override;

  FrameTemplate pull_;
  std::uint64_t messages_per_answer_;
};

extern const std::string kTopic;

}  // namespace bench
