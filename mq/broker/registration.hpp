#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mq/base/aio/task_group.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/net/loop.hpp"
#include "mq/net/rpc_client.hpp"
#include "mq/protocol/headers_registration.hpp"
#include "mq/protocol/signature.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

struct RegistrationOptions {
  std::vector<std::string> name_servers;  // "host:port"
  protocol::BrokerIdentity who;
  std::string ha_address;  // name servers want one
  std::int64_t start_ms = 0;
  std::string access_key;  // requests are signed with it; empty: they are not
  std::string secret_key;
  std::shared_ptr<const net::TlsTrust> tls;  // null: plain connections
  std::chrono::milliseconds every{30'000};
  std::chrono::milliseconds timeout{3000};        // of one call
  std::chrono::milliseconds first_retry{1000};    // doubled up to `every`
  std::chrono::milliseconds leave_timeout{1000};  // all unregistrations together
};

// This broker at name servers of other processes (rocketmq-wire.md 2.4, 4.1): each is told the durable topics
// at the start, at every change, and every so often; each on its own, so that one that is away delays nobody.
//
// What is sent carries a DataVersion of its own, counted up when a change has become durable: name servers
// ignore topics under a version they know.
//
// Thread rule: the hot thread. start() once; close() before destruction, with the loop not running.
class Registration {
 public:
  Registration(net::Loop& loop, const storage::MessageStore& store, const TopicTable& topics,
               RegistrationOptions options);
  ~Registration();
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  void start();
  // For the end of each pass: notices topics that changed, cheaply.
  void look_for_changes();
  // Unregisters everywhere and registers no more; has_left() when every name server answered or the time is
  // up. Nothing to do before start().
  void leave();
  [[nodiscard]] bool has_left() const { return left_; }
  // Ends everything. Runs the loop's context until that is done.
  void close();

  struct Standing {
    std::string name_server;
    bool registered = false;
    std::uint64_t failures = 0;
  };
  [[nodiscard]] std::vector<Standing> standings() const;

 private:
  struct NameServer {
    NameServer(const boost::asio::any_io_executor& executor, std::string at)
        : address(std::move(at)), wake(executor) {}
    std::string address;
    boost::asio::steady_timer wake;  // cancelled when there is something to say
    bool woken = false;
    bool registered = false;
    bool broken = false;  // the connection; it may not come back at once
    bool complained = false;
    std::uint64_t failures = 0;
  };

  boost::asio::awaitable<void> write_bodies();
  boost::asio::awaitable<std::string> write_body(std::int64_t version);
  boost::asio::awaitable<void> keep_registered(NameServer* server);
  boost::asio::awaitable<bool> enroll(NameServer* server);
  boost::asio::awaitable<void> say_goodbye(NameServer* server, base::Deadline deadline);
  boost::asio::awaitable<void> end_all();
  void failed(NameServer& server, const std::string& why);
  static void wake(NameServer& server);
  void sign(protocol::Command& request) const;

  net::Loop& loop_;
  const storage::MessageStore& store_;
  const TopicTable& topics_;
  const RegistrationOptions options_;
  std::optional<protocol::SigningKey> key_;  // nothing: requests are not signed
  net::RpcClient client_;
  std::list<NameServer> servers_;
  boost::asio::steady_timer body_wanted_;

  std::int64_t seen_change_ = 0;  // of topics_.version()
  LogOffset durable_after_{0};    // the change is durable from here
  bool change_pending_ = false;
  std::int64_t version_ = 1;       // of what is durable
  std::int64_t body_version_ = 0;  // of body_; 0: none yet
  std::shared_ptr<const std::string> body_;
  std::int32_t body_crc32_ = 0;

  bool started_ = false;
  bool leaving_ = false;
  bool left_ = false;
  std::size_t goodbyes_ = 0;
  base::TaskGroup tasks_;
};

}  // namespace mq::broker
