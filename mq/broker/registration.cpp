#include "mq/broker/registration.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include "mq/base/log.hpp"
#include "mq/protocol/body.hpp"
#include "mq/protocol/json_text.hpp"
#include "mq/protocol/register_body.hpp"

namespace mq::broker {
namespace asio = boost::asio;

namespace {

constexpr std::size_t kTopicsPerSlice = 50;  // some 0.1 ms of the hot thread

// Until `timer` is cancelled or its time comes.
asio::awaitable<void> wait(asio::steady_timer* timer) {
  boost::system::error_code woken;
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

}  // namespace

Registration::Registration(net::Loop& loop, const storage::MessageStore& store, const TopicTable& topics,
                           RegistrationOptions options)
    : loop_(loop),
      store_(store),
      topics_(topics),
      options_(std::move(options)),
      client_(loop.context().get_executor(), {.connect_timeout = options_.timeout, .tls = options_.tls}),
      body_wanted_(loop.context()),
      tasks_(loop.context().get_executor()) {
  if (!options_.access_key.empty()) key_.emplace(options_.secret_key);
  for (const auto& address : options_.name_servers) {
    servers_.emplace_back(loop.context().get_executor(), address);
  }
  // A name server that was restarted knows nobody: it is told at once.
  client_.on_disconnected([this](const std::string& address) {
    for (auto& server : servers_) {
      if (server.address != address) continue;
      if (!leaving_) failed(server, "the connection broke");
      server.broken = true;
      wake(server);
    }
  });
}

Registration::~Registration() { close(); }

void Registration::start() {
  started_ = true;
  seen_change_ = topics_.version().counter;
  tasks_.spawn("registration body", write_bodies());
  for (auto& server : servers_) {
    tasks_.spawn("registration at " + server.address, keep_registered(&server));
  }
}

void Registration::wake(NameServer& server) {
  server.woken = true;
  server.wake.cancel();
}

void Registration::look_for_changes() {
  if (const auto change = topics_.version().counter; change != seen_change_) {
    seen_change_ = change;
    change_pending_ = true;
    durable_after_ = store_.end();
  }
  if (!change_pending_ || store_.durable() < durable_after_) return;
  change_pending_ = false;
  ++version_;
  body_wanted_.cancel();
}

// Written once for all name servers, and again when topics changed meanwhile.
asio::awaitable<void> Registration::write_bodies() {
  for (;;) {
    while (body_version_ != version_) {
      const auto version = version_;
      auto body = co_await write_body(version);
      body_crc32_ = protocol::register_body_crc32(base::bytes_of(body));
      body_ = std::make_shared<const std::string>(std::move(body));
      body_version_ = version;
    }
    for (auto& server : servers_) wake(server);
    body_wanted_.expires_at(asio::steady_timer::time_point::max());
    co_await wait(&body_wanted_);
    if (leaving_) co_return;
  }
}

// RegisterBrokerBody, a slice of topics at a time: thousands of them would hold up everybody else.
asio::awaitable<std::string> Registration::write_body(std::int64_t version) {
  const protocol::DataVersion data_version{version, 0, options_.start_ms};
  std::string body = R"({"filterServerList":[],"topicConfigSerializeWrapper":{"dataVersion":)";
  body.append(protocol::encode_body(data_version)).append(R"(,"topicConfigTable":{)");
  std::string last;
  for (std::size_t count = 1; const auto next = topics_.next(last); ++count) {
    if (!last.empty()) body.push_back(',');
    last = next->first;
    protocol::append_quoted(body, last);
    body.append(":").append(protocol::encode_body(*next->second));
    if (count % kTopicsPerSlice == 0) {
      co_await asio::post(loop_.context().get_executor(), asio::use_awaitable);
    }
  }
  body.append(R"(},"topicQueueMappingInfoMap":{}}})");
  co_return body;
}

asio::awaitable<void> Registration::keep_registered(NameServer* server) {
  auto retry = options_.first_retry;
  while (!leaving_) {
    auto pause = options_.every;
    server->woken = false;
    if (body_) {
      const bool registered = co_await enroll(server);
      pause = registered ? options_.every : retry;
      retry = registered ? options_.first_retry : std::min(retry * 2, options_.every);
    }
    if (leaving_) co_return;
    server->wake.expires_after(pause);
    if (!server->woken) co_await wait(&server->wake);
    if (std::exchange(server->broken, false)) {
      server->wake.expires_after(std::min(options_.first_retry, options_.every));
      co_await wait(&server->wake);
    }
  }
}

void Registration::sign(protocol::Command& request) const {
  if (key_) protocol::sign(request, options_.access_key, *key_);
}

asio::awaitable<bool> Registration::enroll(NameServer* server) {
  protocol::RegisterBrokerRequest header;
  header.who = options_.who;
  header.ha_address = options_.ha_address;
  header.enable_acting_master = false;
  header.body_crc32 = body_crc32_;
  auto command = protocol::make_request(header, *body_);
  sign(command);
  try {
    const auto answer =
        co_await client_.call(server->address, std::move(command), base::deadline_in(options_.timeout));
    if (answer.code != response_code::kSuccess) {
      failed(*server, answer.remark);
      co_return false;
    }
  } catch (const boost::system::system_error& error) {
    if (!leaving_) failed(*server, error.code().message());
    co_return false;
  }
  if (!server->registered) {
    base::log("registration")
        ->info("registered at a name server namesrv={} address={}", server->address, options_.who.address);
  }
  server->registered = true;
  server->complained = false;
  co_return true;
}

void Registration::failed(NameServer& server, const std::string& why) {
  ++server.failures;
  server.registered = false;
  if (std::exchange(server.complained, true)) return;  // once until it works again
  base::log("registration")
      ->warn("not registered at a name server, trying again namesrv={} reason={}", server.address,
             base::log_quoted(why));
}

void Registration::leave() {
  if (std::exchange(leaving_, true)) return;
  body_wanted_.cancel();
  const auto deadline = base::deadline_in(options_.leave_timeout);
  for (auto& server : servers_) {
    wake(server);
    if (!server.registered) continue;
    ++goodbyes_;
    tasks_.spawn("farewell to " + server.address, say_goodbye(&server, deadline));
  }
  left_ = goodbyes_ == 0;
}

asio::awaitable<void> Registration::say_goodbye(NameServer* server, base::Deadline deadline) {
  protocol::UnregisterBrokerRequest request;
  static_cast<protocol::BrokerIdentity&>(request) = options_.who;
  auto command = protocol::make_request(request);
  sign(command);
  try {
    co_await client_.call(server->address, std::move(command), deadline);
    base::log("registration")->info("unregistered at a name server namesrv={}", server->address);
  } catch (const boost::system::system_error& error) {
    base::log("registration")
        ->warn("not unregistered at a name server, it will find out namesrv={} reason={}", server->address,
               base::log_quoted(error.code().message()));
  }
  server->registered = false;
  left_ = --goodbyes_ == 0;
}

asio::awaitable<void> Registration::end_all() {
  co_await tasks_.stop();
  co_await client_.stop();
}

void Registration::close() {
  if (!std::exchange(started_, false)) return;
  leaving_ = true;
  auto& context = loop_.context();
  bool ended = false;
  asio::co_spawn(context, end_all(), [&ended](const std::exception_ptr&) { ended = true; });
  context.restart();
  while (!ended) context.run_one();
}

std::vector<Registration::Standing> Registration::standings() const {
  std::vector<Standing> all;
  for (const auto& server : servers_) all.push_back({server.address, server.registered, server.failures});
  return all;
}

}  // namespace mq::broker
