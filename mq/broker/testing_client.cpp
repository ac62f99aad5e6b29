#include "mq/broker/testing_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "mq/model/properties.hpp"

namespace mq::broker::testing {

TestClient::TestClient(std::uint16_t port, const std::string& ip) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, ip.c_str(), &address.sin_addr);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd_);
    throw std::runtime_error("cannot connect to " + ip + ":" + std::to_string(port));
  }
}

TestClient::~TestClient() { ::close(fd_); }

void TestClient::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) throw std::runtime_error("the server closed while it was sent to");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void TestClient::send_frame(const protocol::Command& command) {
  base::Bytes frame;
  protocol::encode(command, frame);
  send_bytes(base::text_of(frame));
}

bool TestClient::receive(int timeout_ms) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    const auto bytes = base::bytes_of(received_);
    const auto size = protocol::frame_size(bytes);
    if (!size) throw std::runtime_error("the server sent a frame with an impossible length");
    if (*size && **size <= bytes.size()) {
      auto command = protocol::decode(bytes.first(**size));
      if (!command) throw std::runtime_error("the server sent a frame that cannot be decoded");
      received_.erase(0, **size);
      if (command->is_response()) {
        answers_[command->opaque] = std::move(*command);
      } else {
        pushed_.push_back(std::move(*command));
      }
      return true;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(give_up - std::chrono::steady_clock::now());
    pollfd readable{fd_, POLLIN, 0};
    if (left.count() < 0 || ::poll(&readable, 1, static_cast<int>(left.count())) <= 0) return false;
    std::array<char, 65536> part{};
    const auto count = ::recv(fd_, part.data(), part.size(), 0);
    if (count <= 0) {
      closed_ = true;
      return false;
    }
    received_.append(part.data(), static_cast<std::size_t>(count));
  }
}

std::int32_t TestClient::start(protocol::Command request) {
  request.opaque = ++last_opaque_;
  send_frame(request);
  return request.opaque;
}

std::optional<protocol::Command> TestClient::wait(std::int32_t opaque, int timeout_ms) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (!answers_.contains(opaque)) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(give_up - std::chrono::steady_clock::now());
    if (left.count() < 0 || !receive(static_cast<int>(left.count()))) return std::nullopt;
  }
  return std::move(answers_.extract(opaque).mapped());
}

protocol::Command TestClient::call(protocol::Command request) {
  const auto code = request.code;
  auto answer = wait(start(std::move(request)));
  if (!answer) throw std::runtime_error("no answer to code " + std::to_string(code));
  return std::move(*answer);
}

protocol::Command TestClient::call(std::int32_t code, std::string body) {
  protocol::Command request;
  request.code = code;
  request.body = std::move(body);
  return call(std::move(request));
}

void TestClient::oneway(protocol::Command request) {
  request.flag = protocol::kOnewayFlag;
  start(std::move(request));
}

void TestClient::answer(const protocol::Command& request, protocol::Command response) {
  response.opaque = request.opaque;
  response.flag = protocol::kResponseFlag;
  send_frame(response);
}

std::optional<protocol::Command> TestClient::next_push(int timeout_ms) {
  while (pushed_.empty()) {
    if (!receive(timeout_ms)) return std::nullopt;
  }
  auto command = std::move(pushed_.front());
  pushed_.pop_front();
  return command;
}

bool TestClient::closes(int timeout_ms) {
  while (!closed_ && receive(timeout_ms)) {
  }
  return closed_;
}

protocol::Command TestClient::send_request(const Outgoing& message) {
  auto properties = message.properties;
  if (!message.tag.empty()) properties["TAGS"] = message.tag;
  if (!message.keys.empty()) properties["KEYS"] = message.keys;
  protocol::SendMessageV2Request header;
  header.producer_group = "PG_test";
  header.topic = message.topic;
  header.queue = message.queue;
  header.born_ms = 1'700'000'000'000;
  header.properties = format_properties(properties);
  header.reconsume_times = message.reconsume_times;
  header.max_reconsume_times = message.max_reconsume_times;
  return protocol::make_request(header, message.body);
}

protocol::PullMessageRequest TestClient::pull_request(const std::string& group, const std::string& topic,
                                                      std::int32_t queue, std::int64_t offset) {
  protocol::PullMessageRequest header;
  header.consumer_group = group;
  header.topic = topic;
  header.queue = queue;
  header.queue_offset = offset;
  header.sys_flag = protocol::pull_flag::kSubscription;
  header.subscription = "*";
  return header;
}

protocol::Command TestClient::pull(const std::string& group, const std::string& topic, std::int32_t queue,
                                   std::int64_t offset, const std::string& expression) {
  auto header = pull_request(group, topic, queue, offset);
  header.subscription = expression;
  return call(header);
}

protocol::Command TestClient::heartbeat(const std::string& client_id, const std::string& group,
                                        const std::map<std::string, std::string>& subscriptions,
                                        std::int64_t version) {
  protocol::ConsumerData data;
  data.group = group;
  for (const auto& [topic, expression] : subscriptions) {
    protocol::SubscriptionData subscription;
    subscription.topic = topic;
    subscription.expression = expression;
    subscription.version = version;
    data.subscriptions.push_back(std::move(subscription));
  }
  protocol::HeartbeatData heartbeat;
  heartbeat.client_id = client_id;
  heartbeat.consumers.push_back(std::move(data));
  return call(protocol::request_code::kHeartBeat, protocol::encode_body(heartbeat));
}

std::vector<Pulled> records_of(std::string_view body) {
  std::vector<Pulled> records;
  auto rest = base::bytes_of(body);
  while (!rest.empty()) {
    const auto decoded = decode_record(rest);
    if (!decoded) throw std::runtime_error("the answer holds a record that cannot be decoded");
    const auto& record = decoded->record;
    records.push_back({std::string(record.topic), std::string(base::text_of(record.body)),
                       parse_properties(record.properties), record.queue, record.queue_offset.value(),
                       record.log_offset.value(), record.born_ms, record.store_ms, record.reconsume_times,
                       record.sys_flag, record.flag});
    rest = rest.subspan(decoded->size);
  }
  return records;
}

std::vector<std::string> bodies_of(std::string_view body) {
  std::vector<std::string> bodies;
  for (auto& record : records_of(body)) bodies.push_back(std::move(record.body));
  return bodies;
}

std::int64_t number(const protocol::Command& command, std::string_view field) {
  const auto value = command.find(field);
  if (!value) throw std::runtime_error("the answer has no field " + std::string(field));
  return std::stoll(std::string(*value));
}

}  // namespace mq::broker::testing
