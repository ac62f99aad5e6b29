#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "mq/apps/broker_config.hpp"
#include "mq/apps/broker_node.hpp"
#include "mq/apps/ephemeral.hpp"
#include "mq/apps/verify_command.hpp"
#include "mq/base/clock_page.hpp"
#include "mq/base/log.hpp"
#include "mq/storage/message_store.hpp"

namespace {

using mq::apps::BrokerConfig;
using mq::apps::BrokerNode;
using mq::apps::CannotStart;
using mq::apps::EphemeralData;
using mq::apps::ParentWatch;

std::unique_ptr<mq::storage::MessageStore> open_store(const BrokerConfig& config) {
  mq::storage::StoreOptions options;
  options.segment_size = config.segment_size;
  options.reserve_segments = static_cast<std::size_t>(config.reserve_segments);
  std::string problem;
  auto directory = mq::storage::open_posix_directory(config.data.string());
  auto store = mq::storage::MessageStore::open(std::move(directory), options, problem);
  if (!store) {
    throw CannotStart(config.data.string() + ": " + (problem.empty() ? store.error().message() : problem));
  }
  return std::move(*store);
}

void warn(const BrokerConfig& config) {
  if (config.is_public() && config.acl.empty()) {
    std::fprintf(stderr, "warning: %s is reachable by others and nobody has to log in\n", config.ip.c_str());
  }
  if (config.is_public() && config.tls() != mq::net::TlsMode::enforcing) {
    std::fprintf(stderr, "warning: %s is reachable by others and what is said there can be listened to\n",
                 config.ip.c_str());
  }
  if (config.flush_mode() == mq::broker::FlushMode::async && !config.ephemeral) {
    std::fprintf(stderr,
                 "warning: flush=async answers sends before they are on the disk: a power cut or a crash of "
                 "the machine can take up to 500 ms of acknowledged messages\n");
  }
}

// Signals have a thread of their own: they must be heard while the hot loop is busy.
class Signals {
 public:
  enum class Parent { ignored, watched };
  Signals(BrokerNode& node, Parent parent)
      : node_(node), signals_(context_, SIGTERM, SIGINT), reload_(context_, SIGHUP) {
    if (parent == Parent::watched) parent_.emplace(context_, [&node] { node.stop(); });
    wait_for_reload();
    signals_.async_wait([&node](const boost::system::error_code& error, int) {
      if (!error) node.stop();
    });
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Signals() {
    context_.stop();
    thread_.join();
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void wait_for_reload() {
    reload_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      node_.reload();
      wait_for_reload();
    });
  }

  BrokerNode& node_;
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_;
  boost::asio::signal_set reload_;
  std::optional<ParentWatch> parent_;
  std::thread thread_;
};

// The file appears whole or not at all.
void say_ready(const std::string& line, const std::string& file) {
  if (file == "-") {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
    return;
  }
  const auto unfinished = file + ".tmp";
  std::ofstream out(unfinished);
  out << line << '\n';
  out.close();
  if (!out) {
    throw CannotStart("the file " + unfinished +
                      " cannot be written: " + std::generic_category().message(errno));
  }
  std::error_code error;
  std::filesystem::rename(unfinished, file, error);
  if (error) throw CannotStart("the file " + file + " cannot be written: " + error.message());
}

constexpr std::size_t kEphemeralSegment = std::size_t{16} << 20;

int serve(BrokerConfig config) {
  std::optional<EphemeralData> ephemeral;  // goes last
  if (config.ephemeral) {
    config.data = ephemeral.emplace().path();
    config.segment_size = std::min(config.segment_size, kEphemeralSegment);
    config.reserve_segments = 0;
  }
  const auto clock = base::open_clock(config.test_clock);
  BrokerNode node(config, open_store(config), *clock);
  using Parent = Signals::Parent;
  const Signals signals(node, config.ephemeral ? Parent::watched : Parent::ignored);
  warn(config);
  say_ready(node.ready_line(), config.ready_json);
  const auto closed = node.run();
  if (closed) return 0;
  std::fprintf(stderr, "sluice-mq: the log was not closed cleanly (%s); the next start recovers it\n",
               closed.error().message().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto exit = mq::apps::verify_if_asked(argc, argv)) return *exit;
  BrokerConfig config;
  if (const auto exit = mq::apps::read_config(argc, argv, config)) return *exit;
  base::start_logging("sluice-mq", {config.log_level, config.log_json, config.log_file});
  try {
    return serve(config);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluice-mq: %s\n", error.what());
    return 1;
  }
}
