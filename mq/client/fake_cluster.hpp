#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mq/base/aio/task_group.hpp"
#include "mq/client/wakeup.hpp"
#include "mq/model/names.hpp"
#include "mq/protocol/bodies_group.hpp"
#include "mq/protocol/command.hpp"

// For tests only: brokers and name server in memory, on real sockets, that follow a script where a test
// wants trouble.
namespace mq::client::testing {

inline constexpr std::chrono::seconds kPatience{60};  // no test waits so long unless it is broken

class FakeBroker;

// What all fake brokers of a test share.
class FakeCluster {
 public:
  explicit FakeCluster(boost::asio::io_context& context) : context_(context) {}

  // By topic: queues on each broker.
  std::map<std::string, std::int32_t> topics;
  std::vector<FakeBroker*> brokers;
  bool creates_topics = true;  // TBW102 is there

  // Sees every committed offset before it counts.
  std::function<void(const std::string& group, const MessageQueue& queue, std::int64_t offset)> on_commit;

  boost::asio::io_context& context() { return context_; }
  [[nodiscard]] std::string route_body(const std::string& topic) const;  // empty: no route

 private:
  boost::asio::io_context& context_;
};

// One address that is a broker and a name server.
//
// Thread rule: the context's one thread.
class FakeBroker {
 public:
  enum class Deed { usual, answer, silence, hang_up };
  struct Script {
    Deed deed = Deed::usual;
    protocol::Command answer;
  };

  FakeBroker(FakeCluster& cluster, std::string name);
  ~FakeBroker();
  FakeBroker(const FakeBroker&) = delete;
  FakeBroker& operator=(const FakeBroker&) = delete;

  void open();                           // listens again, on the same port
  boost::asio::awaitable<void> close();  // refuses connections and breaks those it has
  [[nodiscard]] std::string address() const;
  [[nodiscard]] const std::string& name() const { return name_; }

  // Asked before a request is handled in the usual way.
  std::function<Script(const protocol::Command& request)> script;
  static Script refuse(std::int32_t code, std::string remark = "scripted");

  bool in_route = true;                            // false: the name server does not know this broker
  bool has_master = true;                          // false: known, but without an address
  std::set<std::string> pulls_refused;             // by topic
  std::map<std::int32_t, int> requests;            // by code
  std::map<std::int32_t, protocol::Command> last;  // by code

  std::map<std::int32_t, protocol::Command> responses;  // to our requests, by opaque

  struct Stored {
    std::string topic, body, properties;
    std::int32_t sys_flag = 0, flag = 0, reconsume_times = 0;
  };
  using Queue = std::pair<std::string, std::int32_t>;
  std::map<Queue, std::vector<Stored>> messages;
  std::map<std::pair<std::string, Queue>, std::int64_t> offsets;  // by group
  std::map<std::pair<std::string, Queue>, std::string> locks;     // by group: client id
  std::map<std::string, std::set<std::string>> members() const;   // by group

  std::int64_t append(const std::string& topic, std::int32_t queue, Stored message);
  void tell_all(const protocol::Command& oneway_request);  // to every connection

 private:
  struct Session {
    explicit Session(boost::asio::ip::tcp::socket socket_) : socket(std::move(socket_)) {}
    boost::asio::ip::tcp::socket socket;
    std::map<std::string, std::string> groups;  // consumer group -> client id
  };
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(std::shared_ptr<Session> session);
  boost::asio::awaitable<void> answer(std::shared_ptr<Session> session, protocol::Command request);
  boost::asio::awaitable<protocol::Command> usual(std::shared_ptr<Session> session,
                                                  protocol::Command request);
  boost::asio::awaitable<protocol::Command> pull(protocol::Command request);
  protocol::Command send(const protocol::Command& request);
  protocol::Command send_back(const protocol::Command& request);
  protocol::Command heartbeat(const std::shared_ptr<Session>& session, const protocol::Command& request);
  protocol::Command lock(const protocol::Command& request);
  protocol::Command offset_answer(const protocol::Command& request);
  protocol::Command topic_stats(const protocol::Command& request);
  void commit(const std::string& group, const Queue& queue, std::int64_t offset);
  void members_changed(const std::string& group);
  void leave(const std::shared_ptr<Session>& session, const std::string& group);
  void send_frame(Session& session, const protocol::Command& command);

  FakeCluster& cluster_;
  std::string name_;
  std::uint16_t port_ = 0;
  std::optional<boost::asio::ip::tcp::acceptor> acceptor_;
  std::set<std::shared_ptr<Session>> sessions_;
  Wakeup arrived_;
  base::TaskGroup tasks_;
};

// Runs a coroutine and everything it started to the end; throws what it threw.
void run(boost::asio::io_context& context, boost::asio::awaitable<void> body);
// Waits until the condition holds; false when it does not within kPatience.
boost::asio::awaitable<bool> eventually(std::function<bool()> condition);

}  // namespace mq::client::testing
