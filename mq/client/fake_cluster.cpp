#include "mq/client/fake_cluster.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "mq/client/scope_exit.hpp"
#include "mq/model/record.hpp"
#include "mq/protocol/bodies.hpp"
#include "mq/protocol/codes.hpp"

namespace mq::client::testing {
namespace asio = boost::asio;
using asio::ip::tcp;

std::string FakeCluster::route_body(const std::string& topic) const {
  const auto found = topics.find(topic);
  const bool is_template = topic == kAutoCreateTopic && creates_topics;
  if (found == topics.end() && !is_template) return {};
  protocol::TopicRouteData route;
  for (const auto* broker : brokers) {
    if (!broker->in_route) continue;
    protocol::BrokerData data;
    data.broker = broker->name();
    data.cluster = "test";
    if (broker->has_master) data.addresses[0] = broker->address();
    route.brokers.push_back(data);
    protocol::QueueData queues;
    queues.broker = broker->name();
    queues.perm = is_template ? 7 : 6;
    queues.read_queues = queues.write_queues = is_template ? 8 : found->second;
    route.queues.push_back(queues);
  }
  return route.queues.empty() ? std::string() : protocol::encode_body(route);
}

FakeBroker::FakeBroker(FakeCluster& cluster, std::string name)
    : cluster_(cluster), name_(std::move(name)), tasks_(cluster.context().get_executor()) {
  cluster_.brokers.push_back(this);
  open();
}
FakeBroker::~FakeBroker() = default;

FakeBroker::Script FakeBroker::refuse(std::int32_t code, std::string remark) {
  Script script{Deed::answer, {}};
  script.answer.code = code;
  script.answer.remark = std::move(remark);
  return script;
}

std::string FakeBroker::address() const { return "127.0.0.1:" + std::to_string(port_); }

void FakeBroker::open() {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port_);
  acceptor_.emplace(cluster_.context(), endpoint, true);
  port_ = acceptor_->local_endpoint().port();
  tasks_.spawn("accept " + name_, accept());
}

asio::awaitable<void> FakeBroker::close() {
  acceptor_.reset();
  for (const auto& session : sessions_) session->socket.close();
  co_await tasks_.stop();
  sessions_.clear();
}

asio::awaitable<void> FakeBroker::accept() {
  for (;;) {
    auto session = std::make_shared<Session>(co_await acceptor_->async_accept(asio::use_awaitable));
    session->socket.set_option(tcp::no_delay(true));
    sessions_.insert(session);
    tasks_.spawn("session " + name_, serve(session));
  }
}

asio::awaitable<void> FakeBroker::serve(std::shared_ptr<Session> session) {
  const ScopeExit gone([&] {
    sessions_.erase(session);
    boost::system::error_code ignored;
    session->socket.close(ignored);
    for (const auto& [group, client] : std::exchange(session->groups, {})) members_changed(group);
  });
  base::Bytes inbox;
  for (;;) {
    boost::system::error_code ended;
    std::array<std::byte, 8> head{};
    co_await asio::async_read(session->socket, asio::buffer(head),
                              asio::redirect_error(asio::use_awaitable, ended));
    if (ended) co_return;
    const auto size = protocol::frame_size(head);
    inbox.assign(head.begin(), head.end());
    inbox.resize(size->value());
    co_await asio::async_read(session->socket,
                              asio::buffer(inbox.data() + head.size(), inbox.size() - head.size()),
                              asio::redirect_error(asio::use_awaitable, ended));
    if (ended) co_return;
    auto request = *protocol::decode(inbox);
    if (request.is_response()) {
      responses[request.opaque] = request;
      continue;
    }
    ++requests[request.code];
    last[request.code] = request;
    tasks_.spawn("request " + name_, answer(session, std::move(request)));
  }
}

asio::awaitable<void> FakeBroker::answer(std::shared_ptr<Session> session, protocol::Command request) {
  Script scripted;
  if (script) scripted = script(request);
  if (scripted.deed == Deed::silence) co_return;
  if (scripted.deed == Deed::hang_up) {
    boost::system::error_code ignored;
    session->socket.close(ignored);
    co_return;
  }
  auto response = scripted.answer;
  if (scripted.deed == Deed::usual) response = co_await usual(session, request);
  if (request.is_oneway()) co_return;
  response.opaque = request.opaque;
  response.flag = protocol::kResponseFlag;
  send_frame(*session, response);
}

// Frames are small against a socket's buffer, so a plain write never waits here.
void FakeBroker::send_frame(Session& session, const protocol::Command& command) {
  base::Bytes frame;
  protocol::encode(command, frame);
  boost::system::error_code ignored;
  asio::write(session.socket, asio::buffer(frame), ignored);
}

void FakeBroker::tell_all(const protocol::Command& oneway_request) {
  for (const auto& session : sessions_) send_frame(*session, oneway_request);
}

std::map<std::string, std::set<std::string>> FakeBroker::members() const {
  std::map<std::string, std::set<std::string>> all;
  for (const auto& session : sessions_) {
    for (const auto& [group, client] : session->groups) all[group].insert(client);
  }
  return all;
}

void FakeBroker::members_changed(const std::string& group) {
  protocol::Command notice;
  notice.code = protocol::request_code::kNotifyConsumerIdsChanged;
  notice.flag = protocol::kOnewayFlag;
  notice.set("consumerGroup", group);
  for (const auto& session : sessions_) {
    if (session->groups.contains(group)) send_frame(*session, notice);
  }
}

void FakeBroker::leave(const std::shared_ptr<Session>& session, const std::string& group) {
  if (session->groups.erase(group) > 0) members_changed(group);
}

void FakeBroker::commit(const std::string& group, const Queue& queue, std::int64_t offset) {
  if (cluster_.on_commit) cluster_.on_commit(group, {queue.first, name_, queue.second}, offset);
  offsets[{group, queue}] = offset;
}

std::int64_t FakeBroker::append(const std::string& topic, std::int32_t queue, Stored message) {
  message.topic = topic;
  auto& stored = messages[{topic, queue}];
  stored.push_back(std::move(message));
  arrived_.notify();
  return static_cast<std::int64_t>(stored.size()) - 1;
}

void run(asio::io_context& context, asio::awaitable<void> body) {
  std::exception_ptr failure;
  asio::co_spawn(context, base::with_deadline(base::deadline_in(kPatience), std::move(body)),
                 [&](const std::exception_ptr& error) {
                   failure = error;
                   if (error) context.stop();
                 });
  context.restart();
  context.run();
  if (failure) std::rethrow_exception(failure);
}

asio::awaitable<bool> eventually(std::function<bool()> condition) {
  const auto deadline = base::deadline_in(kPatience / 2);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) co_return false;
    co_await base::sleep_for(std::chrono::milliseconds(5));
  }
  co_return true;
}

}  // namespace mq::client::testing
