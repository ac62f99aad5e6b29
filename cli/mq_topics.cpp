// sluice mq topics, and sluice mq topic show | create | alter | delete.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "cli/mq_commands.hpp"
#include "cli/mq_output.hpp"
#include "cli/queue_view.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;

struct ListOptions : QueueOptions {
  bool all = false;
};
struct TopicOptions : ChangeOptions {
  std::string topic;
  std::optional<std::int32_t> queues;
  std::string permission;
  bool order = false;
};

asio::awaitable<void> list(Queue queue, const ListOptions& options) {
  Rows rows{{"TOPIC", "QUEUES", "MESSAGES", "NEWEST"}};
  boost::json::array all;
  for (const auto& topic : co_await queue.admin.topics()) {
    if (is_internal_topic(topic) && !options.all) continue;
    std::int64_t messages = 0, newest = 0;
    const auto queues = co_await queue.admin.topic_state(topic);
    for (const auto& state : queues) {
      messages += state.max_offset - state.min_offset;
      newest = std::max(newest, state.last_store_ms);
    }
    rows.push_back({topic, std::to_string(queues.size()), std::to_string(messages), time_text(newest)});
    all.push_back(boost::json::object{
        {"topic", topic}, {"queues", queues.size()}, {"messages", messages}, {"newest_ms", newest}});
  }
  options.json ? print(all) : print_table(rows);
}

constexpr std::int32_t kRead = 4, kWrite = 2, kInherit = 1;

std::string permission_text(std::int32_t perm) {
  std::string text;
  if ((perm & kRead) != 0) text += "r";
  if ((perm & kWrite) != 0) text += "w";
  if ((perm & kInherit) != 0) text += "x";
  return text.empty() ? "none" : text;
}

std::int32_t parse_permission(const std::string& text) {
  if (text == "rw" || text == "6") return kRead | kWrite;
  if (text == "r" || text == "4") return kRead;
  if (text == "w" || text == "2") return kWrite;
  if (text == "none" || text == "0") return 0;
  throw std::runtime_error("\"" + text + "\" is not a permission; write rw, r, w or none");
}

void print_settings(const std::vector<mq::client::TopicOnBroker>& brokers) {
  Rows rows{{"BROKER", "READ QUEUES", "WRITE QUEUES", "PERMISSION", "ORDER", "ATTRIBUTES"}};
  for (const auto& at : brokers) {
    std::string attributes;
    for (const auto& [name, value] : at.attributes) {
      attributes += (attributes.empty() ? "" : ",") + name + "=" + value;
    }
    rows.push_back({at.broker, std::to_string(at.settings.read_queues),
                    std::to_string(at.settings.write_queues), permission_text(at.settings.perm),
                    at.settings.order ? "yes" : "no", attributes.empty() ? "-" : attributes});
  }
  print_table(rows);
}

asio::awaitable<void> show(Queue queue, const TopicOptions& options) {
  const auto brokers = co_await queue.admin.topic_settings(options.topic);
  const auto queues = co_await queue.admin.topic_state(options.topic);
  const auto groups = co_await queue.admin.groups_of_topic(options.topic);
  if (options.json) {
    boost::json::array settings, states, consumers;
    for (const auto& at : brokers) {
      boost::json::object attributes;
      for (const auto& [name, value] : at.attributes) attributes[name] = value;
      settings.push_back(boost::json::object{{"broker", at.broker},
                                             {"read_queues", at.settings.read_queues},
                                             {"write_queues", at.settings.write_queues},
                                             {"permission", permission_text(at.settings.perm)},
                                             {"order", at.settings.order},
                                             {"attributes", std::move(attributes)}});
    }
    for (const auto& state : queues) {
      states.push_back(boost::json::object{{"broker", state.queue.broker},
                                           {"queue", state.queue.queue},
                                           {"first", state.min_offset},
                                           {"next", state.max_offset},
                                           {"newest_ms", state.last_store_ms}});
    }
    for (const auto& group : groups) consumers.emplace_back(group);
    print(boost::json::object{{"topic", options.topic},
                              {"settings", std::move(settings)},
                              {"queues", std::move(states)},
                              {"groups", std::move(consumers)}});
    co_return;
  }
  print_settings(brokers);
  Rows rows{{"BROKER", "QUEUE", "FIRST", "NEXT", "MESSAGES", "NEWEST"}};
  for (const auto& state : queues) {
    rows.push_back({state.queue.broker, std::to_string(state.queue.queue), std::to_string(state.min_offset),
                    std::to_string(state.max_offset), std::to_string(state.max_offset - state.min_offset),
                    time_text(state.last_store_ms)});
  }
  fmt::print("\n");
  print_table(rows);
  fmt::print("\nconsumed by: {}\n", groups.empty() ? "nobody" : fmt::format("{}", fmt::join(groups, ", ")));
}

asio::awaitable<bool> exists(Queue queue, std::string topic) {
  const auto all = co_await queue.admin.topics();
  co_return std::ranges::find(all, topic) != all.end();
}

void apply(const TopicOptions& options, mq::client::TopicSettings& settings) {
  if (options.queues) settings.read_queues = settings.write_queues = *options.queues;
  if (!options.permission.empty()) settings.perm = parse_permission(options.permission);
  if (options.order) settings.order = true;
}

asio::awaitable<void> tell(Queue queue, const TopicOptions& options, const char* done) {
  if (!options.json) fmt::print("{} {}\n", done, options.topic);
  TopicOptions shown = options;
  co_await show(queue, shown);
}

asio::awaitable<void> create(Queue queue, const TopicOptions& options) {
  mq::client::TopicSettings settings;
  settings.topic = options.topic;
  apply(options, settings);
  if (co_await exists(queue, options.topic)) {
    throw std::runtime_error("there is a topic " + options.topic +
                             " already; sluice mq topic alter changes it");
  }
  co_await queue.admin.create_topic(settings);
  co_await tell(queue, options, "created");
}

asio::awaitable<void> alter(Queue queue, const TopicOptions& options) {
  auto settings = (co_await queue.admin.topic_settings(options.topic)).at(0).settings;
  const auto before = settings.read_queues;
  apply(options, settings);
  if (settings.read_queues < before) {
    require_yes(options,
                fmt::format("{} has {} queues: what lies in the last {} is not consumed any more. Go on?",
                            options.topic, before, before - settings.read_queues));
  }
  co_await queue.admin.create_topic(settings);
  co_await tell(queue, options, "altered");
}

asio::awaitable<void> remove(Queue queue, const TopicOptions& options) {
  std::int64_t messages = 0;
  for (const auto& state : co_await queue.admin.topic_state(options.topic)) {
    messages += state.max_offset - state.min_offset;
  }
  const auto groups = co_await queue.admin.groups_of_topic(options.topic);
  require_yes(options, fmt::format("Delete topic {} with {} messages, consumed by {} groups?", options.topic,
                                   messages, groups.size()));
  co_await queue.admin.delete_topic(options.topic);
  if (options.json) co_return print(boost::json::object{{"deleted", options.topic}, {"messages", messages}});
  fmt::print("deleted {} with {} messages\n", options.topic, messages);
}

void add_settings(CLI::App& command, TopicOptions& options) {
  command.add_option("--queues", options.queues, "queues on each broker, to read and to write")
      ->check(CLI::Range(1, 1024));
  command.add_option("--permission", options.permission, "rw, r, w or none");
  command.add_flag("--order", options.order, "an ordered topic: it keeps its queues when a broker is away");
}

}  // namespace

void add_mq_topics(MqCommands& commands) {
  const auto listing = std::make_shared<ListOptions>();
  commands
      .add("topics", "Topics with their queues and messages.", listing,
           [listing](Queue queue) { return list(queue, *listing); })
      ->add_flag("--all", listing->all, "retry, dead-letter and system topics too");

  auto* topic = commands.group("topic", "One topic: show, create, alter, delete.");
  topic->footer(
      "Examples:\n"
      "  sluice mq topic show order-events\n"
      "  sluice mq topic create parcels --queues 16\n"
      "  sluice mq topic alter parcels --permission r       nobody can send to it any more\n"
      "  sluice mq topic alter %DLQ%billing --permission rw  its dead letters can be read\n"
      "  sluice mq topic delete parcels --yes");
  const auto options = std::make_shared<TopicOptions>();
  const auto one = [&](const char* name, const char* about, auto action) {
    auto* command = commands.add(
        name, about, options, [options, action](Queue queue) { return action(queue, *options); }, topic);
    command->add_option("TOPIC", options->topic, "its name")->required();
    return command;
  };
  one("show", "Its settings, its queues, who consumes it.", show);
  add_settings(*one("create", "Makes it on every broker.", create), *options);
  auto* altering = one("alter", "Changes what is said and nothing else.", alter);
  add_settings(*altering, *options);
  add_yes(*altering, *options);
  add_yes(*one("delete", "With all its messages. Asks first.", remove), *options);
}

}  // namespace cli
