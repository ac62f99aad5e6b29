#pragma once
#include <boost/asio/awaitable.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "cli/command_line.hpp"
#include "cli/layout.hpp"
#include "mq/client/admin.hpp"
#include "mq/client/client.hpp"

namespace CLI {
class App;
}

// What the parts of `sluice mq` share.
namespace cli {

// Which cluster is meant, and how the answer is printed: what every command of `sluice mq` can be told.
struct QueueOptions {
  std::filesystem::path dir = default_root();
  std::string name_server;  // instead of the running system's
  std::string access_key;   // for a cluster where one has to log in
  std::filesystem::path secret_key_file, tls_authorities;
  bool tls = false;
  bool json = false;
};
// The same of a command that changes something.
struct ChangeOptions : QueueOptions {
  bool yes = false;
};

// A connection to the cluster, for the length of one command.
struct Queue {
  mq::client::Client& client;
  mq::client::Admin& admin;
};

class MqCommands {
 public:
  using Action = std::function<boost::asio::awaitable<void>(Queue)>;

  MqCommands(CLI::App& mq, Chosen& chosen) : mq_(mq), chosen_(chosen) {}

  // `sluice mq NAME` or `sluice mq GROUP NAME`; `action` keeps its options itself.
  CLI::App* add(const char* name, const char* about, const std::shared_ptr<QueueOptions>& options,
                Action action, CLI::App* below = nullptr);
  // A word with commands below it.
  CLI::App* group(const char* name, const char* about);

 private:
  CLI::App& mq_;
  Chosen& chosen_;
};

// Connects to the cluster that the options mean, and does it there. The exit code.
int run_on_cluster(const QueueOptions& options, const MqCommands::Action& action);

void add_yes(CLI::App& command, ChangeOptions& options);
// Throws when nobody says yes: nothing happens then.
void require_yes(const ChangeOptions& options, const std::string& question);

void add_mq_topics(MqCommands& commands);
void add_mq_groups(MqCommands& commands);
void add_mq_reset(MqCommands& commands);
void add_mq_messages(MqCommands& commands);
void add_mq_dead_letters(MqCommands& commands);
void add_mq_waiting(MqCommands& commands);
void add_mq_bench(MqCommands& commands, Chosen& chosen);
void add_mq_verify(CLI::App& mq, Chosen& chosen);

}  // namespace cli
