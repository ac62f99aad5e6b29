#include "mq/client/suite/suite.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "mq/model/names.hpp"

namespace mq::client::suite {
namespace {
ClientOptions client_options() {
  ClientOptions options;
  options.name_servers = name_servers();
  // NOLINTBEGIN(concurrency-mt-unsafe): nothing sets them
  if (const char* key = std::getenv("SLUICE_SUITE_ACCESS_KEY")) options.access_key = key;
  if (const char* secret = std::getenv("SLUICE_SUITE_SECRET_KEY")) options.secret_key = secret;
  options.tls = std::getenv("SLUICE_SUITE_TLS") != nullptr;
  // NOLINTEND(concurrency-mt-unsafe)
  return options;
}
}  // namespace

std::vector<std::string> name_servers() {
  const char* setting =
      std::getenv("SLUICE_SUITE_NAMESRV");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  if (setting == nullptr)
    throw std::runtime_error("set SLUICE_SUITE_NAMESRV to the address of a name server");
  std::vector<std::string> addresses;
  std::istringstream text(setting);
  for (std::string address; std::getline(text, address, ',');) addresses.push_back(address);
  return addresses;
}

std::string unique(const std::string& what) {
  static const auto kRun =
      std::to_string(base::to_millis(base::SystemClock{}.now())) + "_" + std::to_string(::getpid());
  static int made = 0;
  return what + "_" + kRun + "_" + std::to_string(made++);
}

Message message_to(const std::string& topic, std::string body) {
  Message message;
  message.topic = topic;
  message.body = std::move(body);
  return message;
}

asio::awaitable<bool> eventually(std::function<bool()> condition) {
  const auto deadline = base::deadline_in(kPatience);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) co_return false;
    co_await base::sleep_for(20ms);
  }
  co_return true;
}

Member::Member(asio::io_context& context, ConsumerOptions options, Judge judge)
    : judge_(std::move(judge)),
      client_(context.get_executor(), client_options()),
      consumer_(client_, std::move(options),
                [this](ReceivedMessage message) { return handle(std::move(message)); }),
      tasks_(context.get_executor()) {}

void Member::start() { tasks_.spawn("member", consumer_.run()); }

asio::awaitable<void> Member::stop() {
  co_await consumer_.stop();
  co_await tasks_.stop();
  co_await client_.stop();
}

asio::awaitable<Verdict> Member::handle(ReceivedMessage message) {
  if (work.count() > 0) co_await base::sleep_for(work);
  received.push_back(message);
  co_return judge_(message);
}

std::vector<std::string> Member::bodies() const {
  std::vector<std::string> all;
  for (const auto& message : received) all.push_back(message.body);
  return all;
}
std::size_t Member::count(const std::string& body) const {
  return static_cast<std::size_t>(std::ranges::count(received, body, &ReceivedMessage::body));
}

void SuiteTest::play(std::function<asio::awaitable<void>()> scenario) {
  std::exception_ptr failure;
  const auto whole = [](SuiteTest& test,
                        std::function<asio::awaitable<void>()> body) -> asio::awaitable<void> {
    std::exception_ptr failed;
    try {
      co_await test.begin();
      co_await body();
    } catch (...) {
      failed = std::current_exception();
    }
    co_await test.end();
    if (failed) std::rethrow_exception(failed);
  };
  asio::co_spawn(context_, whole(*this, std::move(scenario)),
                 [&](std::exception_ptr error) { failure = error; });
  context_.run();
  if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> SuiteTest::begin() {
  client_ = std::make_unique<Client>(context_.get_executor(), client_options());
  ProducerOptions options;
  options.group = unique("SuiteProducer");
  producer_ = std::make_unique<Producer>(*client_, options);
  admin_ = std::make_unique<Admin>(*client_);
  topic_ = co_await make_topic("SuiteTopic");
  group_ = unique("SuiteGroup");
}

asio::awaitable<void> SuiteTest::end() {
  for (auto& member : members_) co_await member->stop();
  if (producer_) co_await producer_->stop();
  if (client_) co_await client_->stop();
}

asio::awaitable<std::string> SuiteTest::make_topic(std::string what, std::int32_t queues) {
  TopicSettings settings;
  settings.topic = unique(what);
  settings.read_queues = settings.write_queues = queues;
  co_await admin_->create_topic(settings);
  // Brokers tell their name servers a moment after they answered.
  for (const auto deadline = base::deadline_in(kPatience);;) {
    const auto topics = co_await admin_->topics();
    if (std::ranges::find(topics, settings.topic) != topics.end()) co_return settings.topic;
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the topic does not appear");
    co_await base::sleep_for(50ms);
  }
}

asio::awaitable<std::vector<SendReceipt>> SuiteTest::send_numbers(std::string topic, int count, int first) {
  std::vector<SendReceipt> receipts;
  for (int i = first; i < first + count; ++i) {
    receipts.push_back(co_await producer_->send(message_to(topic, std::to_string(i))));
  }
  co_return receipts;
}

ConsumerOptions SuiteTest::group_of(const std::string& topic, const std::string& group) const {
  ConsumerOptions options;
  options.group = group;
  options.subscriptions[topic] = "*";
  options.retry_level = 1;
  return options;
}

Member& SuiteTest::member(ConsumerOptions options, Member::Judge judge) {
  members_.push_back(std::make_unique<Member>(context_, std::move(options), std::move(judge)));
  members_.back()->start();
  return *members_.back();
}

asio::awaitable<std::vector<ReceivedMessage>> SuiteTest::read_back(MessageQueue queue, QueueOffset first,
                                                                   std::size_t count) {
  for (const auto deadline = base::deadline_in(kPatience);;) {
    auto found = co_await admin_->read_queue(queue, first.value(), static_cast<std::int32_t>(count));
    if (found.size() >= count || std::chrono::steady_clock::now() > deadline) co_return found;
    co_await base::sleep_for(20ms);
  }
}

asio::awaitable<std::vector<ReceivedMessage>> SuiteTest::read_topic(std::string topic, std::size_t count) {
  for (const auto deadline = base::deadline_in(kPatience);;) {
    auto found = co_await read_now(topic);
    if (found.size() >= count || std::chrono::steady_clock::now() > deadline) co_return found;
    co_await base::sleep_for(20ms);
  }
}

asio::awaitable<std::vector<ReceivedMessage>> SuiteTest::read_now(std::string topic) {
  std::vector<ReceivedMessage> all;
  for (const auto& state : co_await admin_->topic_state(topic)) {
    const auto count = static_cast<std::int32_t>(state.max_offset - state.min_offset);
    for (auto& message : co_await admin_->read_queue(state.queue, state.min_offset, count)) {
      all.push_back(std::move(message));
    }
  }
  co_return all;
}

asio::awaitable<bool> SuiteTest::dead_letters_come(std::string group, std::size_t count) {
  for (const auto deadline = base::deadline_in(kPatience); std::chrono::steady_clock::now() < deadline;) {
    try {
      if ((co_await read_now(dead_letter_topic(group))).size() >= count) co_return true;
    } catch (const AdminError&) {
      // the topic comes with its first message
    }
    co_await base::sleep_for(100ms);
  }
  co_return false;
}

}  // namespace mq::client::suite
