#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <thread>

#include "mq/apps/broker_config.hpp"
#include "mq/apps/broker_node.hpp"
#include "mq/base/clock_page.hpp"
#include "mq/base/log.hpp"
#include "mq/storage/message_store.hpp"

namespace {

using mq::apps::BrokerConfig;
using mq::apps::BrokerNode;
using mq::apps::CannotStart;

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
  if (config.is_public()) {
    std::fprintf(stderr, "warning: %s is reachable by others and nobody has to log in\n", config.ip.c_str());
  }
  if (config.flush_mode() == mq::broker::FlushMode::async) {
    std::fprintf(stderr,
                 "warning: flush=async answers sends before they are on the disk: a power cut or a crash of "
                 "the machine can take up to 500 ms of acknowledged messages\n");
  }
}

// Signals have a thread of their own: they must be heard while the hot loop is busy.
class StopOnSignal {
 public:
  explicit StopOnSignal(BrokerNode& node) : signals_(context_, SIGTERM, SIGINT) {
    signals_.async_wait([&node](const boost::system::error_code& error, int) {
      if (!error) node.stop();
    });
    thread_ = std::thread([this] { context_.run(); });
  }
  ~StopOnSignal() {
    context_.stop();
    thread_.join();
  }
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

 private:
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_;
  std::thread thread_;
};

int serve(const BrokerConfig& config) {
  const auto clock = base::open_clock(config.test_clock);
  BrokerNode node(config, open_store(config), *clock);
  const StopOnSignal stop_on_signal(node);
  warn(config);
  std::printf("%s\n", node.ready_line().c_str());
  std::fflush(stdout);
  const auto closed = node.run();
  if (closed) return 0;
  std::fprintf(stderr, "sluice-mq: the log was not closed cleanly (%s); the next start recovers it\n",
               closed.error().message().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
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
