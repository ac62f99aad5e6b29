// sluice mq tail, message and messages: looking at what is stored.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <utility>

#include "cli/event_feed.hpp"
#include "cli/mq_commands.hpp"
#include "cli/mq_output.hpp"
#include "cli/queue_view.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;
using mq::ReceivedMessage;

struct TailOptions : QueueOptions {
  std::string topic;
  bool from_beginning = false;
};
struct OneOptions : QueueOptions {
  std::string topic, message;
  bool whole = false;
};
struct SearchOptions : QueueOptions {
  std::string topic, since = "1h", until, tag;
  std::int32_t limit = 32;
};

constexpr std::size_t kBodyShown = 4096;
constexpr std::int32_t kFoundMax = 32;

// A slip of the hand would wait for ever and show nothing. So would a broker that is not there: asking it
// throws.
asio::awaitable<void> warn_of_missing_topic(mq::client::Admin& admin, std::string topic) {
  const auto all = co_await admin.topics();
  if (std::ranges::find(all, topic) != all.end()) co_return;
  fmt::print(stderr,
             "sluice: there is no topic {} yet; waiting for it (sluice mq topics lists what there is)\n",
             topic);
}

asio::awaitable<void> tail(Queue queue, const TailOptions& options) {
  co_await warn_of_missing_topic(queue.admin, options.topic);
  EventFeed feed(queue.admin, {options.topic}, [&options](const ReceivedMessage& message) {
    options.json ? print(to_json(message)) : fmt::print("{}\n", format_event(message));
    std::fflush(stdout);
  });
  co_await feed.run(options.from_beginning ? EventFeed::From::beginning : EventFeed::From::now);
}

// A key or a unique id, in every topic but the system's own.
asio::awaitable<std::vector<ReceivedMessage>> find_everywhere(mq::client::Admin& admin, std::string key) {
  std::vector<ReceivedMessage> found;
  for (const auto& topic : co_await admin.topics()) {
    const bool of_group = topic.starts_with("%RETRY%") || topic.starts_with("%DLQ%");
    if (is_internal_topic(topic) && !of_group) continue;
    auto here = co_await admin.find_by_key(topic, key, kFoundMax);
    std::ranges::move(here, std::back_inserter(found));
  }
  std::ranges::sort(found, {}, &ReceivedMessage::store_ms);
  co_return found;
}

asio::awaitable<std::vector<ReceivedMessage>> find(mq::client::Admin& admin, const OneOptions& options) {
  if (!options.topic.empty()) co_return co_await admin.find_by_key(options.topic, options.message, kFoundMax);
  auto found = co_await find_everywhere(admin, options.message);
  if (!found.empty()) co_return found;
  // An offset id says itself which broker has it. A unique id looks the same and is asked for before.
  try {
    if (auto one = co_await admin.view_message(options.message)) found.push_back(std::move(*one));
  } catch (const mq::client::AdminError&) {
    co_return found;  // no broker lives there
  }
  co_return found;
}

asio::awaitable<void> one(Queue queue, const OneOptions& options) {
  const auto found = co_await find(queue.admin, options);
  if (found.empty()) {
    throw std::runtime_error(
        "there is no message with this offset id, unique id or key" +
        (options.topic.empty() ? std::string(" in any topic") : " in topic " + options.topic));
  }
  for (const auto& message : found) {
    if (options.json) {
      print(to_json(message));
    } else {
      print_whole(message, options.whole ? std::string::npos : kBodyShown);
    }
  }
}

// Of one queue, what was stored from `from_ms` to `to_ms`: at most `limit`, the first ones.
asio::awaitable<std::vector<ReceivedMessage>> read_between(mq::client::Admin& admin, mq::MessageQueue queue,
                                                           std::int64_t from_ms, std::int64_t to_ms,
                                                           const SearchOptions& options) {
  constexpr std::int32_t kBatch = 32;
  std::vector<ReceivedMessage> found;
  auto next = co_await admin.offset_at(queue, from_ms);
  for (;;) {
    auto batch = co_await admin.read_queue(queue, next, kBatch);
    for (auto& message : batch) {
      if (message.store_ms > to_ms) co_return found;
      next = message.queue_offset.value() + 1;
      if (message.store_ms < from_ms || (!options.tag.empty() && message.tag != options.tag)) continue;
      found.push_back(std::move(message));
      if (found.size() >= static_cast<std::size_t>(options.limit)) co_return found;
    }
    if (batch.empty()) co_return found;
  }
}

asio::awaitable<void> search(Queue queue, const SearchOptions& options) {
  const auto from_ms = parse_moment(options.since);
  const auto to_ms =
      options.until.empty() ? std::numeric_limits<std::int64_t>::max() : parse_moment(options.until);
  std::vector<ReceivedMessage> found;
  for (const auto& state : co_await queue.admin.topic_state(options.topic)) {
    if (state.max_offset == state.min_offset) continue;
    auto here = co_await read_between(queue.admin, state.queue, from_ms, to_ms, options);
    std::ranges::move(here, std::back_inserter(found));
  }
  std::ranges::sort(found, {}, [](const ReceivedMessage& message) {
    return std::pair(message.store_ms, message.log_offset);
  });
  const bool more = found.size() > static_cast<std::size_t>(options.limit);
  if (more) found.resize(static_cast<std::size_t>(options.limit));
  print_messages(found, options.json);
  if (!options.json && found.size() == static_cast<std::size_t>(options.limit)) {
    fmt::print("the first {}; --limit shows more, --since {} goes on\n", found.size(),
               time_text(found.back().store_ms));
  }
}

}  // namespace

void add_mq_messages(MqCommands& commands) {
  const auto following = std::make_shared<TailOptions>();
  auto* tailing = commands.add("tail", "Prints messages as they come, without a group. Ctrl-C ends it.",
                               following, [following](Queue queue) { return tail(queue, *following); });
  tailing->add_option("TOPIC", following->topic, "the topic to follow")->required();
  tailing->add_flag("--from-beginning", following->from_beginning, "everything that is there first");

  const auto looking = std::make_shared<OneOptions>();
  auto* message =
      commands.add("message", "Messages by key, unique id or offset id, in every topic or in one.", looking,
                   [looking](Queue queue) { return one(queue, *looking); });
  message->add_option("ID", looking->message, "a key, a unique id or an offset id")->required();
  message->add_option("--topic", looking->topic, "look in this topic only");
  message->add_flag("--whole", looking->whole, "the whole body, however long");

  const auto searching = std::make_shared<SearchOptions>();
  auto* messages = commands.add("messages", "Messages of a topic by the time they were stored.", searching,
                                [searching](Queue queue) { return search(queue, *searching); });
  messages->footer(
      "Examples:\n"
      "  sluice mq messages order-events\n"
      "  sluice mq messages order-events --since 10m --tag OrderPaid\n"
      "  sluice mq messages order-events --since 2026-03-01T08:00:00Z --until 2026-03-01T08:05:00Z --json");
  messages->add_option("TOPIC", searching->topic, "the topic")->required();
  messages->add_option("--since", searching->since, "a time, or so long ago")->capture_default_str();
  messages->add_option("--until", searching->until, "a time, or so long ago; now");
  messages->add_option("--tag", searching->tag, "with this tag only");
  messages->add_option("--limit", searching->limit, "at most so many, the first ones")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
}

}  // namespace cli
