#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/model/record.hpp"
#include "mq/net/server.hpp"
#include "mq/protocol/bodies.hpp"
#include "mq/protocol/command.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

namespace mq::broker::testing {

// A client that speaks frames over one blocking socket: what a test needs to be a producer, a consumer or
// a tool without any client library. Waits at most kPatience for anything.
class TestClient {
 public:
  static constexpr int kPatienceMs = 20'000;

  explicit TestClient(std::uint16_t port, const std::string& ip = "127.0.0.1");
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  // Sends a request and waits for its answer; requests of the server's own that come first are kept.
  protocol::Command call(protocol::Command request);
  template <class Header>
  protocol::Command call(const Header& header, std::string body = {}) {
    return call(protocol::make_request(header, std::move(body)));
  }
  // A request without header fields.
  protocol::Command call(std::int32_t code, std::string body = {});

  // Sends and does not wait; the opaque to wait for.
  std::int32_t start(protocol::Command request);
  std::optional<protocol::Command> wait(std::int32_t opaque, int timeout_ms = kPatienceMs);
  void oneway(protocol::Command request);
  // The next request of the server's own (code 40 …).
  std::optional<protocol::Command> next_push(int timeout_ms = kPatienceMs);
  // Answers a request of the server's own.
  void answer(const protocol::Command& request, protocol::Command response);
  void send_bytes(std::string_view bytes);
  // True when the server closes within the time.
  bool closes(int timeout_ms = kPatienceMs);

  // --- in the words of messages ---
  struct Outgoing {
    std::string topic = {};
    std::string body = {};
    std::int32_t queue = 0;
    std::string tag = {};
    std::string keys = {};
    std::map<std::string, std::string> properties = {};
    std::int32_t reconsume_times = 0;
    std::optional<std::int32_t> max_reconsume_times = {};
  };
  static protocol::Command send_request(const Outgoing& message);
  protocol::Command send(const Outgoing& message) { return call(send_request(message)); }

  static protocol::PullMessageRequest pull_request(const std::string& group, const std::string& topic,
                                                   std::int32_t queue, std::int64_t offset);
  // With its own subscription, so that no heartbeat is needed.
  protocol::Command pull(const std::string& group, const std::string& topic, std::int32_t queue,
                         std::int64_t offset, const std::string& expression = "*");

  protocol::Command heartbeat(const std::string& client_id, const std::string& group,
                              const std::map<std::string, std::string>& subscriptions,
                              std::int64_t version = 1);

 private:
  void send_frame(const protocol::Command& command);
  // One frame into where it belongs; false when the time is over or the server closed.
  bool receive(int timeout_ms);

  int fd_ = -1;
  std::int32_t last_opaque_ = 0;
  std::string received_;
  std::map<std::int32_t, protocol::Command> answers_;
  std::deque<protocol::Command> pushed_;
  bool closed_ = false;
};

// A record of a pull answer, owning its bytes.
struct Pulled {
  std::string topic, body;
  std::map<std::string, std::string> properties;
  std::int32_t queue = 0;
  std::int64_t queue_offset = 0, log_offset = 0, born_ms = 0, store_ms = 0;
  std::int32_t reconsume_times = 0, sys_flag = 0, flag = 0;
};
std::vector<Pulled> records_of(std::string_view body);
std::vector<std::string> bodies_of(std::string_view body);
std::int64_t number(const protocol::Command& command, std::string_view field);

}  // namespace mq::broker::testing
