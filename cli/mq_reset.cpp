// sluice mq reset: a group goes on from another place.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <map>
#include <stdexcept>

#include "cli/mq_commands.hpp"
#include "cli/mq_output.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;
using mq::client::Admin;

struct ResetOptions : ChangeOptions {
  std::string group, topic, time;
  bool first = false, last = false;
};

// Where a group is and will be.
struct Move {
  std::int64_t now = 0, then = 0;
};
using Moves = std::map<mq::MessageQueue, Move>;

// 0 is before everything that is there.
std::int64_t moment(const ResetOptions& options) {
  if (static_cast<int>(options.first) + static_cast<int>(options.last) +
          static_cast<int>(!options.time.empty()) !=
      1) {
    throw std::runtime_error("say where to: one of --to-first, --to-last and --to-time");
  }
  if (options.last) return Admin::kToTheEnd;
  return options.first ? 0 : parse_moment(options.time);
}

asio::awaitable<Moves> plan(Queue queue, const ResetOptions& options, std::int64_t to_ms) {
  Moves moves;
  for (const auto& state : co_await queue.admin.topic_state(options.topic)) {
    auto then = to_ms == Admin::kToTheEnd ? state.max_offset : state.min_offset;
    if (to_ms > 0) then = co_await queue.admin.offset_at(state.queue, to_ms);
    moves[state.queue] = {state.min_offset, then};
  }
  for (const auto& lag : co_await queue.admin.group_lag(options.group)) {
    const auto found = moves.find(lag.queue);
    if (found != moves.end()) found->second.now = lag.consumer_offset;
  }
  co_return moves;
}

boost::json::array to_json(const Moves& moves) {
  boost::json::array all;
  for (const auto& [queue, move] : moves) {
    all.push_back(boost::json::object{
        {"broker", queue.broker}, {"queue", queue.queue}, {"before", move.now}, {"after", move.then}});
  }
  return all;
}

std::int64_t print_moves(const Moves& moves) {
  Rows rows{{"BROKER", "QUEUE", "NOW", "THEN", "CHANGE"}};
  std::int64_t again = 0;
  for (const auto& [queue, move] : moves) {
    const auto change = move.then - move.now;
    if (change < 0) again -= change;
    const auto said = change == 0  ? std::string("-")
                      : change < 0 ? fmt::format("{} come again", -change)
                                   : fmt::format("{} are skipped", change);
    rows.push_back({queue.broker, std::to_string(queue.queue), std::to_string(move.now),
                    std::to_string(move.then), said});
  }
  print_table(rows);
  return again;
}

asio::awaitable<void> reset(Queue queue, const ResetOptions& options) {
  const auto to_ms = moment(options);
  if (!co_await queue.admin.group_settings(options.group)) {
    throw std::runtime_error("there is no group " + options.group +
                             "; sluice mq groups lists those that consume");
  }
  auto moves = co_await plan(queue, options, to_ms);
  if (!options.json) {
    (void)print_moves(moves);
    const auto consumers = co_await queue.admin.group_consumers(options.group);
    fmt::print("{}\n",
               consumers.members.empty()
                   ? "Nobody consumes in the group now."
                   : fmt::format("{} members consume now; they go on from there with their next pull.",
                                 consumers.members.size()));
  }
  require_yes(options, fmt::format("Move group {} on topic {}?", options.group, options.topic));
  for (const auto& [at, offset] : co_await queue.admin.reset_offsets(options.group, options.topic, to_ms)) {
    moves[at].then = offset;
  }
  if (options.json) co_return print(to_json(moves));
  fmt::print("moved\n");
}

}  // namespace

void add_mq_reset(MqCommands& commands) {
  const auto options = std::make_shared<ResetOptions>();
  auto* command =
      commands.add("reset", "A group goes on from another place of a topic. Shows the change and asks first.",
                   options, [options](Queue queue) { return reset(queue, *options); });
  command->footer(
      "Examples:\n"
      "  sluice mq reset coupon-service order-events --to-time 2026-03-01T08:00:00Z\n"
      "  sluice mq reset coupon-service order-events --to-time 90m     what was stored since, once more\n"
      "  sluice mq reset coupon-service order-events --to-first --yes\n"
      "  sluice mq reset coupon-service order-events --to-last         skips everything that waits");
  command->add_option("GROUP", options->group, "the consumer group")->required();
  command->add_option("TOPIC", options->topic, "all queues of this topic")->required();
  command->add_option("--to-time", options->time, "to what was stored at or after a time, or so long ago");
  command->add_flag("--to-first", options->first, "to the first message that is kept");
  command->add_flag("--to-last", options->last, "behind the last message");
  add_yes(*command, *options);
}

}  // namespace cli
