// sluice mq groups and lag, and sluice mq group show | create | delete.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>

#include "cli/duration.hpp"
#include "cli/mq_commands.hpp"
#include "cli/mq_output.hpp"
#include "cli/queue_view.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;
using mq::client::AdminError;

struct GroupOptions : ChangeOptions {
  std::string group;
  std::optional<std::int32_t> retries;
  bool orderly = false, no_broadcast = false, disabled = false;
};

asio::awaitable<void> list(Queue queue, const QueueOptions& options) {
  Rows rows{{"GROUP", "TOPIC", "BROKER", "QUEUE", "CONSUMED", "NEWEST", "LAG"}};
  boost::json::array all;
  for (const auto& view : co_await view_groups(queue.admin)) {
    const auto& group = view.group;
    for (const auto& lag : view.queues) {
      rows.push_back({group, lag.queue.topic, lag.queue.broker, std::to_string(lag.queue.queue),
                      std::to_string(lag.consumer_offset), std::to_string(lag.broker_offset),
                      std::to_string(lag.lag())});
      all.push_back(boost::json::object{{"group", group},
                                        {"topic", lag.queue.topic},
                                        {"broker", lag.queue.broker},
                                        {"queue", lag.queue.queue},
                                        {"consumed", lag.consumer_offset},
                                        {"newest", lag.broker_offset},
                                        {"lag", lag.lag()}});
    }
  }
  options.json ? print(all) : print_table(rows);
}

// One queue, or all queues of a topic, as a group stands there.
struct Behind {
  std::string group;
  mq::MessageQueue queue;
  std::int64_t messages = 0, waits_ms = 0;
};

asio::awaitable<std::vector<Behind>> behind(Queue queue, GroupView view) {
  std::map<mq::MessageQueue, Behind> found;
  std::vector<std::string> topics;
  for (const auto& lag : view.queues) {
    found[lag.queue] = {view.group, lag.queue, std::max<std::int64_t>(0, lag.lag()), 0};
    if (topics.empty() || topics.back() != lag.queue.topic) topics.push_back(lag.queue.topic);
  }
  std::ranges::sort(topics);
  topics.erase(std::ranges::unique(topics).begin(), topics.end());
  for (const auto& topic : topics) {
    try {
      for (const auto& wait : co_await queue.admin.group_waits(view.group, topic)) {
        const auto at = found.find(wait.queue);
        if (at != found.end()) at->second.waits_ms = wait.next_waits_ms;
      }
    } catch (const AdminError& error) {
      if (error.code() == mq::client::kNoAnswer) throw;  // else: deleted meanwhile
    }
  }
  std::vector<Behind> rows;
  for (const auto& [at, row] : found) rows.push_back(row);
  co_return rows;
}

asio::awaitable<std::vector<GroupView>> chosen_groups(Queue queue, std::string only) {
  auto views = co_await view_groups(queue.admin);
  if (!only.empty()) {
    std::erase_if(views, [&](const GroupView& view) { return view.group != only; });
    if (views.empty()) {
      throw std::runtime_error("group " + only +
                               " has never consumed; sluice mq groups lists those that have");
    }
  }
  co_return views;
}

// All queues of one topic as one row.
std::vector<Behind> by_topic(const std::vector<Behind>& queues) {
  std::vector<Behind> topics;
  for (const auto& row : queues) {
    const auto same = [&](const Behind& topic) { return topic.queue.topic == row.queue.topic; };
    const auto topic = std::ranges::find_if(topics, same);
    if (topic == topics.end()) {
      topics.push_back(row);
    } else {
      topic->messages += row.messages;
      topic->waits_ms = std::max(topic->waits_ms, row.waits_ms);
    }
  }
  return topics;
}

std::string waits_text(const Behind& row) {
  return row.messages == 0 ? "-" : format_duration(std::chrono::milliseconds(row.waits_ms));
}

asio::awaitable<void> lag(Queue queue, const GroupOptions& options) {
  const bool queues = !options.group.empty();
  Rows rows{queues ? std::vector<std::string>{"TOPIC", "BROKER", "QUEUE", "LAG", "WAITS"}
                   : std::vector<std::string>{"GROUP", "MEMBERS", "TOPIC", "LAG", "WAITS"}};
  boost::json::array all;
  for (const auto& view : co_await chosen_groups(queue, options.group)) {
    const auto each = co_await behind(queue, view);
    for (const auto& row : queues ? each : by_topic(each)) {
      const auto lag = std::to_string(row.messages);
      if (queues) {
        rows.push_back(
            {row.queue.topic, row.queue.broker, std::to_string(row.queue.queue), lag, waits_text(row)});
      } else {
        rows.push_back(
            {row.group, std::to_string(view.members.size()), row.queue.topic, lag, waits_text(row)});
      }
    }
    for (const auto& row : each) {
      all.push_back(boost::json::object{{"group", row.group},
                                        {"topic", row.queue.topic},
                                        {"broker", row.queue.broker},
                                        {"queue", row.queue.queue},
                                        {"lag", row.messages},
                                        {"waits_ms", row.waits_ms}});
    }
  }
  options.json ? print(all) : print_table(rows);
}

boost::json::object settings_json(const mq::client::GroupSettings& settings) {
  return {{"group", settings.group},
          {"retries", settings.retry_max_times},
          {"retry_queues", settings.retry_queues},
          {"enabled", settings.consume_enable},
          {"broadcast", settings.broadcast_enable},
          {"orderly", settings.orderly}};
}

void print_group(const std::optional<mq::client::GroupSettings>& settings,
                 const mq::client::GroupMembers& consumers) {
  if (settings) {
    fmt::print("settings: {}, {} retries, {} retry queues{}{}\n",
               settings->consume_enable ? "may consume" : "may not consume", settings->retry_max_times,
               settings->retry_queues, settings->broadcast_enable ? "" : ", no broadcasting",
               settings->orderly ? ", orderly" : "");
  }
  for (const auto& [topic, expression] : consumers.subscriptions) {
    fmt::print("wants:    {} {}\n", topic, expression);
  }
  if (consumers.members.empty()) {
    fmt::print("members:  nobody consumes now\n\n");
    return;
  }
  Rows rows{{"MEMBER", "ADDRESS", "LANGUAGE"}};
  for (const auto& member : consumers.members) {
    rows.push_back({member.client_id, member.address, member.language});
  }
  fmt::print("\n");
  print_table(rows);
  fmt::print("\n");
}

asio::awaitable<void> show(Queue queue, const GroupOptions& options) {
  const auto settings = co_await queue.admin.group_settings(options.group);
  const auto consumers = co_await queue.admin.group_consumers(options.group);
  if (!settings && consumers.members.empty()) {
    throw std::runtime_error("there is no group " + options.group +
                             "; sluice mq groups lists those that consume");
  }
  if (!options.json) {
    print_group(settings, consumers);
    // A group that has never consumed has nothing to show here.
    if (!consumers.members.empty() || settings) {
      try {
        co_await lag(queue, options);
      } catch (const std::runtime_error&) {
        fmt::print("it has never consumed\n");
      }
    }
    co_return;
  }
  boost::json::array members;
  for (const auto& member : consumers.members) {
    members.push_back(boost::json::object{
        {"id", member.client_id}, {"address", member.address}, {"language", member.language}});
  }
  boost::json::object wants;
  for (const auto& [topic, expression] : consumers.subscriptions) wants[topic] = expression;
  print(boost::json::object{{"group", options.group},
                            {"settings", settings ? boost::json::value(settings_json(*settings)) : nullptr},
                            {"members", std::move(members)},
                            {"subscriptions", std::move(wants)}});
}

asio::awaitable<void> create(Queue queue, const GroupOptions& options) {
  auto settings = (co_await queue.admin.group_settings(options.group)).value_or(mq::client::GroupSettings{});
  settings.group = options.group;
  if (options.retries) settings.retry_max_times = *options.retries;
  if (options.orderly) settings.orderly = true;
  if (options.no_broadcast) settings.broadcast_enable = false;
  settings.consume_enable = !options.disabled;
  co_await queue.admin.create_group(settings);
  if (options.json) co_return print(settings_json(settings));
  fmt::print("group {} is there: {} retries, {}\n", options.group, settings.retry_max_times,
             settings.consume_enable ? "may consume" : "may not consume");
}

asio::awaitable<void> remove(Queue queue, const GroupOptions& options) {
  const auto settings = co_await queue.admin.group_settings(options.group);
  if (!settings) throw std::runtime_error("there is no group " + options.group);
  const auto consumers = co_await queue.admin.group_consumers(options.group);
  const auto members =
      consumers.members.empty()
          ? std::string()
          : fmt::format(" {} members consume now and will make it anew.", consumers.members.size());
  require_yes(options, fmt::format("Delete group {} and its offsets?{}", options.group, members));
  co_await queue.admin.delete_group(options.group);
  if (options.json) co_return print(boost::json::object{{"deleted", options.group}});
  fmt::print("deleted group {}; its dead letters, if any, are kept\n", options.group);
}

}  // namespace

void add_mq_groups(MqCommands& commands) {
  const auto listing = std::make_shared<QueueOptions>();
  commands.add("groups", "How far every consumer group has come, queue by queue.", listing,
               [listing](Queue queue) { return list(queue, *listing); });
  const auto options = std::make_shared<GroupOptions>();
  auto* lagging =
      commands.add("lag", "What groups have not consumed yet: messages, and how long the next one waits.",
                   options, [options](Queue queue) { return lag(queue, *options); });
  lagging->add_option("GROUP", options->group, "queue by queue of this one only");

  auto* group = commands.group("group", "One consumer group: show, create, delete.");
  group->footer(
      "Examples:\n"
      "  sluice mq group show coupon-service\n"
      "  sluice mq group create billing --retries 5\n"
      "  sluice mq group create billing --disabled    its members get nothing until it is made without\n"
      "  sluice mq group delete billing --yes");
  const auto one = [&](const char* name, const char* about, auto action) {
    auto* command = commands.add(
        name, about, options, [options, action](Queue queue) { return action(queue, *options); }, group);
    command->add_option("GROUP", options->group, "its name")->required();
    return command;
  };
  one("show", "Its settings, its members, what it has not consumed yet.", show);
  auto* creating = one("create", "Makes it, or changes it, on every broker.", create);
  creating->add_option("--retries", options->retries, "attempts before a message becomes a dead letter")
      ->check(CLI::Range(0, 1000));
  creating->add_flag("--orderly", options->orderly, "its members consume queue by queue in order");
  creating->add_flag("--no-broadcast", options->no_broadcast, "members may not consume everything each");
  creating->add_flag("--disabled", options->disabled, "nobody may consume in it");
  add_yes(*one("delete", "With its offsets. Asks first.", remove), *options);
}

}  // namespace cli
