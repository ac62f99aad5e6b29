// sluice mq delayed and half: what the broker keeps back.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>

#include "cli/duration.hpp"
#include "cli/mq_commands.hpp"
#include "cli/mq_output.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;

struct WaitingOptions : QueueOptions {
  std::string topic;
  std::int32_t limit = 50;
};

// To the second, from a minute on: nobody reads more.
std::string span_text(std::int64_t ms) {
  using std::chrono::milliseconds;
  return format_duration(milliseconds(ms >= 60'000 ? ms / 1000 * 1000 : ms));
}

std::string due_text(std::int64_t due_ms, std::int64_t now_ms) {
  return due_ms > now_ms ? "in " + span_text(due_ms - now_ms) : std::string("now");
}

void say_rest(std::size_t shown, std::int64_t total) {
  if (static_cast<std::int64_t>(shown) < total) {
    fmt::print("{} of {}; --limit shows more\n", shown, total);
  }
}

template <class Message>
void keep_topic(mq::client::Waiting<Message>& found, const WaitingOptions& options) {
  if (options.topic.empty()) return;
  std::erase_if(found.messages, [&](const Message& message) { return message.topic != options.topic; });
}

asio::awaitable<void> delayed(Queue queue, const WaitingOptions& options) {
  auto found = co_await queue.admin.delayed(static_cast<std::size_t>(options.limit));
  keep_topic(found, options);
  if (options.json) {
    boost::json::array all;
    for (const auto& message : found.messages) {
      all.push_back(boost::json::object{{"due_ms", message.due_ms},
                                        {"topic", message.topic},
                                        {"keys", message.keys},
                                        {"id", message.id},
                                        {"store_ms", message.store_ms},
                                        {"recalled", message.recalled},
                                        {"broker", message.broker}});
    }
    co_return print(
        boost::json::object{{"total", found.total}, {"now_ms", found.now_ms}, {"messages", std::move(all)}});
  }
  if (found.messages.empty()) co_return fmt::print("nothing waits for its time\n");
  Rows rows{{"DUE", "", "TOPIC", "KEYS", "ID"}};
  for (const auto& message : found.messages) {
    rows.push_back({time_text(message.due_ms),
                    message.recalled ? "taken back" : due_text(message.due_ms, found.now_ms), message.topic,
                    message.keys, message.id});
  }
  print_table(rows);
  if (options.topic.empty()) say_rest(found.messages.size(), found.total);
}

asio::awaitable<void> half(Queue queue, const WaitingOptions& options) {
  auto found = co_await queue.admin.undecided(static_cast<std::size_t>(options.limit));
  keep_topic(found, options);
  if (options.json) {
    boost::json::array all;
    for (const auto& message : found.messages) {
      all.push_back(boost::json::object{{"topic", message.topic},
                                        {"producer_group", message.producer_group},
                                        {"keys", message.keys},
                                        {"id", message.id},
                                        {"store_ms", message.store_ms},
                                        {"checks", message.checks},
                                        {"next_check_in_ms", message.next_check_in_ms},
                                        {"broker", message.broker}});
    }
    co_return print(
        boost::json::object{{"total", found.total}, {"now_ms", found.now_ms}, {"messages", std::move(all)}});
  }
  if (found.messages.empty()) co_return fmt::print("every half message is decided\n");
  Rows rows{{"PRODUCER GROUP", "AGE", "CHECKS", "NEXT CHECK", "TOPIC", "KEYS", "ID"}};
  for (const auto& message : found.messages) {
    const auto age = std::max<std::int64_t>(0, found.now_ms - message.store_ms);
    rows.push_back({message.producer_group, span_text(age), std::to_string(message.checks),
                    "in " + span_text(message.next_check_in_ms), message.topic, message.keys, message.id});
  }
  print_table(rows);
  if (options.topic.empty()) say_rest(found.messages.size(), found.total);
}

}  // namespace

void add_mq_waiting(MqCommands& commands) {
  const auto options = std::make_shared<WaitingOptions>();
  const auto add = [&](const char* name, const char* about, auto action, const char* topic) {
    auto* command = commands.add(name, about, options,
                                 [options, action](Queue queue) { return action(queue, *options); });
    command->add_option("--limit", options->limit, "look at so many")
        ->check(CLI::Range(1, 5000))
        ->capture_default_str();
    command->add_option("--topic", options->topic, topic);
    return command;
  };
  add("delayed", "What waits for its time, and when it will be delivered.", delayed,
      "of these, what goes to this topic")
      ->footer(
          "Examples:\n"
          "  sluice mq delayed\n"
          "  sluice mq delayed --limit 5000 --topic order-timeout\n"
          "A broker shows the next 5,000. Brokers of Apache RocketMQ do not answer this.");
  add("half", "Half messages that nobody has committed or rolled back, the oldest first.", half,
      "of these, what goes to this topic")
      ->footer(
          "Examples:\n"
          "  sluice mq half --json\n"
          "Checks are counted since the broker's start. Brokers of Apache RocketMQ do not answer this.");
}

}  // namespace cli
