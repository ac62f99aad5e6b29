#include "mq/load/topics.hpp"

#include <stdexcept>

#include "mq/load/frames.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers_admin.hpp"

namespace mq::load {

void make_topic(const Endpoint& broker, const std::string& topic, int queues) {
  protocol::CreateTopicRequest header;
  header.topic = topic;
  header.read_queues = header.write_queues = queues;
  const Socket server(broker);
  base::Bytes request;
  FrameTemplate(protocol::make_request(header)).append_to(request, 0);
  send_all(server.fd(), base::text_of(request));
  auto frame = receive_exactly(server.fd(), sizeof(std::int32_t));
  frame += receive_exactly(server.fd(), base::load_big<std::uint32_t>(base::bytes_of(frame).data()));
  const auto answer = protocol::decode(base::bytes_of(frame));
  if (!answer || answer->code != protocol::response_code::kSuccess) {
    throw std::runtime_error("the broker did not make topic " + topic + ": " +
                             (answer ? answer->remark : std::string("its answer cannot be read")));
  }
}

}  // namespace mq::load
