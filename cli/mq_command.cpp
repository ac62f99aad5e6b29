#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>

#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/event_feed.hpp"
#include "cli/layout.hpp"
#include "cli/queue_view.hpp"
#include "cli/run_coroutine.hpp"
#include "cli/run_state.hpp"
#include "cli/secrets.hpp"
#include "contracts/time_text.hpp"
#include "mq/client/admin.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;
using mq::client::Admin;

struct Options {
  std::filesystem::path dir = default_root();
  std::string name_server;  // instead of the running system's
  std::string access_key;   // for a cluster where one has to log in
  std::filesystem::path secret_key_file, tls_authorities;
  bool tls = false;
  std::string topic, message;
  bool json = false, from_beginning = false, all = false;
};
using Action = std::function<asio::awaitable<void>(Admin&, const Options&)>;

void print(const boost::json::value& value) { fmt::print("{}\n", boost::json::serialize(value)); }

std::string time_text(std::int64_t ms) {
  return ms > 0 ? contracts::format_time(base::from_millis(ms)) : "-";
}

asio::awaitable<void> topics(Admin& admin, const Options& options) {
  std::vector<std::vector<std::string>> rows{{"TOPIC", "QUEUES", "MESSAGES", "NEWEST"}};
  boost::json::array all;
  for (const auto& topic : co_await admin.topics()) {
    if (is_internal_topic(topic) && !options.all) continue;
    std::int64_t messages = 0, newest = 0;
    const auto queues = co_await admin.topic_state(topic);
    for (const auto& queue : queues) {
      messages += queue.max_offset - queue.min_offset;
      newest = std::max(newest, queue.last_store_ms);
    }
    rows.push_back({topic, std::to_string(queues.size()), std::to_string(messages), time_text(newest)});
    all.push_back(boost::json::object{
        {"topic", topic}, {"queues", queues.size()}, {"messages", messages}, {"newest_ms", newest}});
  }
  options.json ? print(all) : fmt::print("{}", format_table(rows));
}

asio::awaitable<void> groups(Admin& admin, const Options& options) {
  std::vector<std::vector<std::string>> rows{
      {"GROUP", "TOPIC", "BROKER", "QUEUE", "CONSUMED", "NEWEST", "LAG"}};
  boost::json::array all;
  for (const auto& view : co_await view_groups(admin)) {
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
  options.json ? print(all) : fmt::print("{}", format_table(rows));
}

boost::json::object to_json(const mq::ReceivedMessage& message) {
  boost::json::object properties;
  for (const auto& [name, value] : message.properties) properties[name] = value;
  return {{"topic", message.topic},     {"broker", message.broker},
          {"queue", message.queue},     {"queue_offset", message.queue_offset.value()},
          {"id", message.id},           {"offset_id", message.offset_id},
          {"tag", message.tag},         {"keys", message.keys},
          {"born_ms", message.born_ms}, {"store_ms", message.store_ms},
          {"body", message.body},       {"properties", std::move(properties)}};
}

// Every field on a line of its own, the body last.
void print_whole(const mq::ReceivedMessage& message) {
  std::vector<std::vector<std::string>> rows;
  const auto fields = to_json(message);
  for (const auto& [name, value] : fields) {
    if (name == "body" || name == "properties") continue;
    rows.push_back(
        {std::string(name), value.is_string() ? std::string(value.get_string()) : serialize(value)});
  }
  for (const auto& [name, value] : message.properties) rows.push_back({"  " + name, value});
  fmt::print("{}\n{}\n", format_table(rows), message.body);
}

// A slip of the hand would wait for ever and show nothing. So would a broker that is not there: asking it
// throws.
asio::awaitable<void> warn_of_missing_topic(Admin& admin, std::string topic) {
  const auto all = co_await admin.topics();
  if (std::ranges::find(all, topic) != all.end()) co_return;
  fmt::print(stderr,
             "sluice: there is no topic {} yet; waiting for it (sluice mq topics lists what there is)\n",
             topic);
}

asio::awaitable<void> tail(Admin& admin, const Options& options) {
  co_await warn_of_missing_topic(admin, options.topic);
  EventFeed feed(admin, {options.topic}, [&options](const mq::ReceivedMessage& message) {
    options.json ? print(to_json(message)) : fmt::print("{}\n", format_event(message));
    std::fflush(stdout);
  });
  co_await feed.run(options.from_beginning ? EventFeed::From::beginning : EventFeed::From::now);
}

asio::awaitable<void> message(Admin& admin, const Options& options) {
  std::vector<mq::ReceivedMessage> found;
  if (options.topic.empty()) {
    if (auto one = co_await admin.view_message(options.message)) found.push_back(std::move(*one));
  } else {
    found = co_await admin.find_by_key(options.topic, options.message, 32);
  }
  if (found.empty()) throw std::runtime_error("there is no such message");
  for (const auto& one : found) {
    if (options.json) {
      print(to_json(one));
    } else {
      print_whole(one);
    }
  }
}

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

// A secret comes by file or environment: what stands on a command line can be read by everybody.
std::string secret_key(const Options& options) {
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

mq::client::ClientOptions client_options(const Options& options) {
  auto chosen = queue_at(options.name_server.empty() ? read_run_state(Layout{options.dir}).name_server
                                                     : checked_address(options.name_server));
  chosen.access_key = options.access_key;
  if (!options.access_key.empty()) chosen.secret_key = secret_key(options);
  chosen.tls = options.tls || !options.tls_authorities.empty();
  chosen.tls_authorities = options.tls_authorities;
  return chosen;
}

asio::awaitable<int> run_action(asio::any_io_executor executor, const Options& options,
                                const Action& action) {
  mq::client::Client client(executor, client_options(options));
  Admin admin(client);
  std::exception_ptr failed;
  try {
    co_await action(admin, options);
  } catch (const std::exception&) {
    failed = std::current_exception();
  }
  co_await client.stop();
  if (failed) std::rethrow_exception(failed);
  co_return 0;
}

int run_command(const Options& options, const Action& action) {
  asio::io_context context(1);
  return run_coroutine(context, run_action(context.get_executor(), options, action));
}
}  // namespace

void add_mq(CLI::App& app, Chosen& chosen) {
  auto* mq = app.add_subcommand("mq", "Looks into the queue: topics, groups, messages. Changes nothing.");
  mq->require_subcommand(1);
  mq->footer(
      "Examples:\n"
      "  sluice mq topics --all\n"
      "  sluice mq groups --json\n"
      "  sluice mq tail order-events --from-beginning\n"
      "  sluice mq message 7F000001000022B300000000000000C8\n"
      "  sluice mq message --topic order-events 2026030100000042   by key\n"
      "  sluice mq topics --name-server 10.0.0.5:9876              of another cluster");
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about, const Action& action) {
    auto* command = mq->add_subcommand(name, about);
    command->add_option("--dir", options->dir, "the running system's directory")->capture_default_str();
    command->add_option("--name-server", options->name_server,
                        "host:port of any RocketMQ name server instead");
    command->add_option("--access-key", options->access_key, "who asks, where one has to log in")
        ->envname("SLUICE_MQ_ACCESS_KEY");
    command->add_option("--secret-key-file", options->secret_key_file,
                        "file with the access key's secret; else SLUICE_MQ_SECRET_KEY");
    command->add_flag("--tls", options->tls, "speak TLS");
    command->add_option("--tls-ca", options->tls_authorities,
                        "certificates (PEM) of those who may have signed the servers'");
    command->add_flag("--json", options->json, "answer in JSON");
    command->callback(
        [&chosen, options, action] { chosen = [options, action] { return run_command(*options, action); }; });
    return command;
  };
  add("topics", "Topics with their queues and messages.", topics)
      ->add_flag("--all", options->all, "retry, dead-letter and system topics too");
  add("groups", "How far every consumer group has come, queue by queue.", groups);
  auto* following = add("tail", "Prints messages as they come, without a group. Ctrl-C ends it.", tail);
  following->add_option("TOPIC", options->topic, "the topic to follow")->required();
  following->add_flag("--from-beginning", options->from_beginning, "everything that is there first");
  auto* looking = add("message", "One message by its offset id, or by key with --topic.", message);
  looking->add_option("ID", options->message, "offset message id, or a key")->required();
  looking->add_option("--topic", options->topic, "look for a key in this topic");
}

}  // namespace cli
