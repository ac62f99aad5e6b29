#include "cli/mq_commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include <charconv>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

#include "cli/console.hpp"
#include "cli/run_coroutine.hpp"
#include "cli/run_state.hpp"
#include "cli/secrets.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;

std::string checked_address(const std::string& name_server) {
  const auto colon = name_server.rfind(':');
  int port = 0;
  if (colon != std::string::npos && colon > 0) {
    const auto* end = name_server.data() + name_server.size();
    const auto [rest, error] = std::from_chars(name_server.data() + colon + 1, end, port);
    if (error != std::errc{} || rest != end) port = 0;
  }
  if (port < 1 || port > 65'535) {
    throw std::runtime_error("\"" + name_server + "\" is not an address; write --name-server host:port");
  }
  return name_server;
}

std::vector<std::string> checked_addresses(std::string_view list) {
  std::vector<std::string> addresses;
  while (!list.empty()) {
    const auto end = list.find(';');
    addresses.push_back(checked_address(std::string(list.substr(0, end))));
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return addresses;
}

// A secret comes by file or environment: what stands on a command line can be read by everybody.
std::string secret_key(const QueueOptions& options) {
  if (!options.secret_key_file.empty()) {
    auto text = read_file(options.secret_key_file);
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    if (text.empty()) {
      throw std::runtime_error("the file " + options.secret_key_file.string() + " holds no secret key");
    }
    return text;
  }
  const char* from_environment = std::getenv("SLUICE_MQ_SECRET_KEY");  // NOLINT(concurrency-mt-unsafe)
  if (from_environment == nullptr || *from_environment == '\0') {
    throw std::runtime_error("an access key needs its secret: --secret-key-file, or SLUICE_MQ_SECRET_KEY");
  }
  return from_environment;
}

mq::client::ClientOptions cluster_of(const QueueOptions& options) {
  auto client =
      queue_at(options.name_server.empty() ? read_run_state(Layout{options.dir}).name_server : std::string());
  if (!options.name_server.empty()) client.name_servers = checked_addresses(options.name_server);
  client.access_key = options.access_key;
  if (!options.access_key.empty()) client.secret_key = secret_key(options);
  client.tls = options.tls || !options.tls_authorities.empty();
  client.tls_authorities = options.tls_authorities;
  return client;
}

asio::awaitable<int> run_action(asio::any_io_executor executor, const QueueOptions& options,
                                const MqCommands::Action& action) {
  mq::client::Client client(executor, cluster_of(options));
  mq::client::Admin admin(client);
  std::exception_ptr failed;
  try {
    co_await action({client, admin});
  } catch (const std::exception&) {
    failed = std::current_exception();
  }
  co_await client.stop();
  if (failed) std::rethrow_exception(failed);
  co_return 0;
}

}  // namespace

CLI::App* MqCommands::add(const char* name, const char* about, const std::shared_ptr<QueueOptions>& options,
                          Action action, CLI::App* below) {
  auto* command = (below == nullptr ? &mq_ : below)->add_subcommand(name, about);
  command->add_option("--dir", options->dir, "the running system's directory")->capture_default_str();
  command
      ->add_option("--name-server,--namesrv", options->name_server,
                   "host:port of any RocketMQ name server instead; several with ; between them")
      ->envname("NAMESRV_ADDR");
  command->add_option("--access-key", options->access_key, "who asks, where one has to log in")
      ->envname("SLUICE_MQ_ACCESS_KEY");
  command->add_option("--secret-key-file", options->secret_key_file,
                      "file with the access key's secret; else SLUICE_MQ_SECRET_KEY");
  command->add_flag("--tls", options->tls, "speak TLS");
  command->add_option("--tls-ca", options->tls_authorities,
                      "certificates (PEM) of those who may have signed the servers'");
  command->add_flag("--json", options->json, "answer in JSON");
  command->callback([&chosen = chosen_, options, action = std::move(action)] {
    chosen = [options, action] { return run_on_cluster(*options, action); };
  });
  return command;
}

CLI::App* MqCommands::group(const char* name, const char* about) {
  auto* group = mq_.add_subcommand(name, about);
  group->require_subcommand(1);
  return group;
}

int run_on_cluster(const QueueOptions& options, const MqCommands::Action& action) {
  asio::io_context context(1);
  return run_coroutine(context, run_action(context.get_executor(), options, action));
}

void add_yes(CLI::App& command, ChangeOptions& options) {
  command.add_flag("-y,--yes", options.yes, "do not ask");
}

void require_yes(const ChangeOptions& options, const std::string& question) {
  if (options.yes || confirm(question)) return;
  throw std::runtime_error("nothing was changed; say --yes to do it");
}

}  // namespace cli
