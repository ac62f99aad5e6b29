#include "mq/load/traffic.hpp"

#include <stdexcept>

#include "mq/load/sockets.hpp"

namespace mq::load {

std::size_t FramedTraffic::answers(std::size_t connection, base::BytesView received, Brought& brought,
                                   const Answered& answered) {
  return each_frame(received, [&](base::BytesView frame) {
    const auto head = head_of(frame);
    if (!head) throw std::runtime_error("an answer does not look like one");
    answer(connection, *head, frame, brought);
    answered(head->opaque);
  });
}

}  // namespace mq::load
