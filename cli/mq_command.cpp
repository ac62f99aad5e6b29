#include <CLI/CLI.hpp>

#include "cli/command_line.hpp"
#include "cli/mq_commands.hpp"

namespace cli {

void add_mq(CLI::App& app, Chosen& chosen) {
  auto* mq = app.add_subcommand("mq", "Looks into the queue and changes it: topics, groups, messages.");
  mq->require_subcommand(1);
  mq->footer(
      "Examples:\n"
      "  sluice mq topics --all\n"
      "  sluice mq lag\n"
      "  sluice mq tail order-events --from-beginning\n"
      "  sluice mq message 2026030100000042                 by key, unique id or offset id\n"
      "  sluice mq reset coupon-service order-events --to-time 90m\n"
      "  sluice mq dead-letters list\n"
      "  sluice mq delayed                                  what will be delivered when\n"
      "  sluice mq bench --scratch                          how fast is a queue on this machine?\n"
      "  sluice mq verify                                   is the stopped queue's data whole?\n"
      "  sluice mq topics --name-server 10.0.0.5:9876       of another cluster, also one of Apache RocketMQ\n"
      "NAMESRV_ADDR in the environment stands for --name-server. Without both the running system is meant.\n"
      "Every command has --json and explains itself: sluice mq COMMAND --help");
  MqCommands commands(*mq, chosen);
  add_mq_topics(commands);
  add_mq_groups(commands);
  add_mq_reset(commands);
  add_mq_messages(commands);
  add_mq_dead_letters(commands);
  add_mq_waiting(commands);
  add_mq_bench(commands, chosen);
  add_mq_verify(*mq, chosen);
}

}  // namespace cli
