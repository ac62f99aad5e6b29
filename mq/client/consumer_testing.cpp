#include "mq/client/consumer_testing.hpp"

#include "mq/model/properties.hpp"

namespace mq::client::testing {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
ClientOptions client_options(std::vector<std::string> name_servers) {
  ClientOptions options;
  options.name_servers = std::move(name_servers);
  options.rpc_timeout = 1000ms;
  options.route_interval = 1000ms;
  return options;
}
}  // namespace

Member::Member(FakeCluster& cluster, std::vector<std::string> name_servers, ConsumerOptions options,
               PushConsumer::Handler handler)
    : client_(cluster.context().get_executor(), client_options(std::move(name_servers))),
      consumer_(client_, std::move(options), std::move(handler)),
      tasks_(cluster.context().get_executor()) {}

asio::awaitable<void> Member::stop(std::chrono::milliseconds grace) {
  co_await consumer_.stop(grace);
  co_await tasks_.stop();
  co_await client_.stop();
}

asio::awaitable<void> Member::cancel() {
  co_await tasks_.stop();
  co_await client_.stop();
}

Witness::Witness(FakeCluster& cluster) : cluster_(cluster) {
  cluster_.on_commit = [this](const std::string&, const MessageQueue& queue, std::int64_t offset) {
    check(queue, offset);
  };
}

void Witness::check(const MessageQueue& queue, std::int64_t offset) {
  for (auto* broker : cluster_.brokers) {
    if (broker->name() != queue.broker) continue;
    const auto& messages = broker->messages[{queue.topic, queue.queue}];
    for (std::size_t at = 0; at < messages.size() && static_cast<std::int64_t>(at) < offset; ++at) {
      const auto id = find_property(messages[at].properties, property::kUniqueKey);
      if (!finished_.contains(std::string(id.value_or("")))) ++violations_;
    }
  }
}

ConsumerTest::ConsumerTest() { cluster_.topics["T"] = 4; }

void ConsumerTest::play(std::function<asio::awaitable<void>()> scenario) {
  testing::run(context_, [](auto body, FakeCluster& cluster) -> asio::awaitable<void> {
    co_await body();
    for (auto* broker : cluster.brokers) co_await broker->close();
  }(std::move(scenario), cluster_));
}

void ConsumerTest::fill(FakeBroker& broker, std::int32_t queue, int count, const std::string& tag,
                        const std::string& topic) {
  for (int i = 0; i < count; ++i) {
    FakeBroker::Stored message;
    message.body = std::to_string(filled_);
    set_property(message.properties, property::kUniqueKey, "ID" + std::to_string(filled_++));
    set_property(message.properties, property::kTags, tag);
    broker.append(topic, queue, std::move(message));
  }
}

ConsumerOptions ConsumerTest::options(ConsumeMode mode) const {
  ConsumerOptions options;
  options.group = "G";
  options.subscriptions["T"] = "*";
  options.mode = mode;
  options.commit_interval = 50ms;
  options.orderly_pause = 20ms;
  return options;
}

std::unique_ptr<Member> ConsumerTest::member(ConsumerOptions options, PushConsumer::Handler handler) {
  auto made = std::make_unique<Member>(cluster_, name_servers_, std::move(options), std::move(handler));
  made->start();
  return made;
}

std::int64_t ConsumerTest::committed(FakeBroker& broker, std::int32_t queue, const std::string& topic) {
  const auto found = broker.offsets.find({"G", {topic, queue}});
  return found == broker.offsets.end() ? -1 : found->second;
}

}  // namespace mq::client::testing
