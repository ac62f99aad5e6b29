// sluice mq dead-letters list | show | redrive: what groups could not consume.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <stdexcept>

#include "cli/mq_commands.hpp"
#include "cli/mq_output.hpp"
#include "mq/client/producer.hpp"
#include "mq/client/redrive.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;
using mq::ReceivedMessage;
using mq::client::AdminError;

struct DeadOptions : ChangeOptions {
  std::string group, id;
  std::int32_t limit = 100;
  bool again = false, to_topic = false;
};

constexpr std::string_view kPrefix = "%DLQ%";
constexpr std::int32_t kNoPermission = 16;
constexpr std::int32_t kBatch = 32;

std::string topic_of(const std::string& group) { return std::string(kPrefix) + group; }
// How far a redrive has come is kept where every group's progress is.
std::string redriver_of(const std::string& group) { return "REDRIVE_" + group; }

asio::awaitable<void> list(Queue queue, const QueueOptions& options) {
  Rows rows{{"GROUP", "DEAD LETTERS", "NEWEST"}};
  boost::json::array all;
  for (const auto& topic : co_await queue.admin.topics()) {
    if (!topic.starts_with(kPrefix)) continue;
    std::int64_t messages = 0, newest = 0;
    for (const auto& state : co_await queue.admin.topic_state(topic)) {
      messages += state.max_offset - state.min_offset;
      newest = std::max(newest, state.last_store_ms);
    }
    const auto group = topic.substr(kPrefix.size());
    rows.push_back({group, std::to_string(messages), time_text(newest)});
    all.push_back(boost::json::object{{"group", group}, {"dead_letters", messages}, {"newest_ms", newest}});
  }
  if (options.json) co_return print(all);
  if (rows.size() == 1) {
    fmt::print("no group has dead letters\n");
  } else {
    print_table(rows);
  }
}

asio::awaitable<std::vector<ReceivedMessage>> read(Queue queue, mq::MessageQueue from, std::int64_t offset) {
  try {
    co_return co_await queue.admin.read_queue(std::move(from), offset, kBatch);
  } catch (const AdminError& error) {
    if (error.code() != kNoPermission) throw;
    throw std::runtime_error(
        "the dead letters may not be read, as a genuine RocketMQ makes them; sluice mq topic alter " +
        from.topic + " --permission rw allows it");
  }
}

asio::awaitable<std::vector<mq::client::QueueState>> queues_of(Queue queue, std::string group) {
  try {
    co_return co_await queue.admin.topic_state(topic_of(group));
  } catch (const AdminError& error) {
    if (error.code() == mq::client::kNoAnswer) throw;
    throw std::runtime_error("group " + group +
                             " has no dead letters; sluice mq dead-letters list shows who has");
  }
}

asio::awaitable<void> show(Queue queue, const DeadOptions& options) {
  std::vector<ReceivedMessage> found;
  const auto limit = static_cast<std::size_t>(options.limit);
  for (const auto& state : co_await queues_of(queue, options.group)) {
    auto next = state.min_offset;
    while (found.size() < limit) {
      auto batch = co_await read(queue, state.queue, next);
      if (batch.empty()) break;
      next = batch.back().queue_offset.value() + 1;
      for (auto& message : batch) {
        if (found.size() < limit) found.push_back(std::move(message));
      }
    }
  }
  if (options.json) co_return print_messages(found, true);
  Rows rows{{"STORED", "FROM TOPIC", "TAG", "KEYS", "ID", "BYTES"}};
  for (const auto& message : found) {
    rows.push_back({time_text(message.store_ms), mq::client::origin_topic(message), message.tag, message.keys,
                    message.id, std::to_string(message.body.size())});
  }
  print_table(rows);
  fmt::print("sluice mq message ID shows one whole; sluice mq dead-letters redrive {} sends them again\n",
             options.group);
}

// Where the last redrive ended, if it did.
asio::awaitable<std::int64_t> redriven_until(Queue queue, const DeadOptions& options,
                                             mq::client::QueueState state) {
  if (options.again || !options.id.empty()) co_return state.min_offset;
  try {
    const auto consumed = co_await queue.admin.consumed_offset(redriver_of(options.group), state.queue);
    co_return std::max(state.min_offset, consumed.value_or(0));
  } catch (const AdminError& error) {
    if (error.code() == mq::client::kNoAnswer) throw;
  }
  co_return state.min_offset;
}

class Redrive {
 public:
  Redrive(Queue queue, const DeadOptions& options)
      : queue_(queue), options_(options), producer_(queue.client, {.group = "SLUICE_REDRIVE"}) {}

  asio::awaitable<void> run() {
    co_await plan();
    if (letters_.empty()) {
      throw std::runtime_error(options_.id.empty()
                                   ? "nothing is left to send again; --again sends all of them once more"
                                   : "group " + options_.group + " has no dead letter " + options_.id);
    }
    require_yes(options_, fmt::format("Send {} dead letters again, to {}?", letters_.size(),
                                      options_.to_topic ? "the topics they came from, and so to every group"
                                                        : "group " + options_.group + " alone"));
    if (options_.id.empty()) co_await keep_progress();
    std::exception_ptr failed;
    try {
      for (auto& letter : letters_) co_await send(letter);
    } catch (const std::exception&) {
      failed = std::current_exception();
    }
    co_await producer_.stop();
    if (failed) {
      fmt::print(stderr, "sluice: {} of {} were sent before this\n", sent_, letters_.size());
      std::rethrow_exception(failed);
    }
    if (options_.json) co_return print(boost::json::object{{"sent", sent_}});
    fmt::print("sent {} again\n", sent_);
  }

 private:
  asio::awaitable<void> plan() {
    const auto limit = static_cast<std::size_t>(options_.limit);
    for (const auto& state : co_await queues_of(queue_, options_.group)) {
      auto next = co_await redriven_until(queue_, options_, state);
      while (letters_.size() < limit && next < state.max_offset) {
        auto batch = co_await read(queue_, state.queue, next);
        if (batch.empty()) break;
        next = batch.back().queue_offset.value() + 1;
        for (auto& letter : batch) {
          const bool wanted = options_.id.empty() || letter.id == options_.id;
          if (wanted && letters_.size() < limit) letters_.push_back({state.queue, std::move(letter)});
        }
      }
    }
  }
  // Brokers keep offsets of groups they know.
  asio::awaitable<void> keep_progress() {
    const auto name = redriver_of(options_.group);
    if (co_await queue_.admin.group_settings(name)) co_return;
    mq::client::GroupSettings settings;
    settings.group = name;
    co_await queue_.admin.create_group(settings);
  }
  struct Letter {
    mq::MessageQueue at;
    ReceivedMessage message;
  };
  // The offset is kept after each one: what ends in the middle repeats one message at most.
  asio::awaitable<void> send(Letter& letter) {
    auto message = options_.to_topic ? mq::client::redriven_to_topic(letter.message)
                                     : mq::client::redriven_to_group(letter.message, options_.group);
    if (message.topic.empty()) {
      throw std::runtime_error("message " + letter.message.id + " does not say which topic it came from");
    }
    (void)co_await producer_.send(std::move(message));
    ++sent_;
    if (options_.id.empty()) {
      co_await queue_.admin.commit_offset(redriver_of(options_.group), letter.at,
                                          letter.message.queue_offset.value() + 1);
    }
  }

  Queue queue_;
  const DeadOptions& options_;
  mq::client::Producer producer_;
  std::vector<Letter> letters_;
  std::size_t sent_ = 0;
};

asio::awaitable<void> redrive(Queue queue, const DeadOptions& options) {
  Redrive redrive(queue, options);
  co_await redrive.run();
}

}  // namespace

void add_mq_dead_letters(MqCommands& commands) {
  auto* below = commands.group("dead-letters", "What groups could not consume: list, show, redrive.");
  below->footer(
      "Examples:\n"
      "  sluice mq dead-letters list\n"
      "  sluice mq dead-letters show billing\n"
      "  sluice mq dead-letters redrive billing              to group billing alone, each once\n"
      "  sluice mq dead-letters redrive billing --to-topic   to every group of their topics\n"
      "  sluice mq dead-letters redrive billing --id 7F00000100002A9F0000000000000A10 --yes");
  const auto listing = std::make_shared<QueueOptions>();
  commands.add(
      "list", "Groups that have some.", listing, [listing](Queue queue) { return list(queue, *listing); },
      below);
  const auto options = std::make_shared<DeadOptions>();
  const auto one = [&](const char* name, const char* about, auto action) {
    auto* command = commands.add(
        name, about, options, [options, action](Queue queue) { return action(queue, *options); }, below);
    command->add_option("GROUP", options->group, "the consumer group")->required();
    command->add_option("--limit", options->limit, "at most so many, the oldest first")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    return command;
  };
  one("show", "The oldest ones.", show);
  auto* driving =
      one("redrive",
          "Sends them again, going on where the last redrive ended. They stay where they are until "
          "retention takes them.",
          redrive);
  driving->add_option("--id", options->id, "this one only, whether it was sent again before or not");
  driving->add_flag("--again", options->again, "from the oldest one, also what was sent again before");
  driving->add_flag("--to-topic", options->to_topic, "to the topics they came from, not to the group alone");
  add_yes(*driving, *options);
}

}  // namespace cli
