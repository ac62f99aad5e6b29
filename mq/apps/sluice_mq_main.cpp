#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "mq/apps/broker_config.hpp"
#include "mq/apps/broker_node.hpp"
#include "mq/apps/connection_limit.hpp"
#include "mq/apps/ephemeral.hpp"
#include "mq/apps/namesrv_node.hpp"
#include "mq/apps/open_store.hpp"
#include "mq/apps/verify_command.hpp"
#include "mq/base/clock_page.hpp"
#include "mq/base/log.hpp"
#include "mq/storage/message_store.hpp"

namespace {

using mq::apps::BrokerConfig;
using mq::apps::BrokerNode;
using mq::apps::CannotStart;
using mq::apps::EphemeralData;
using mq::apps::NamesrvNode;
using mq::apps::ParentWatch;

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
  // `reload` at SIGHUP, `stop` at the others.
  Signals(const std::function<void()>& stop, std::function<void()> reload, Parent parent)
      : on_reload_(std::move(reload)), signals_(context_, SIGTERM, SIGINT), reload_(context_, SIGHUP) {
    if (parent == Parent::watched) parent_.emplace(context_, stop);
    wait_for_reload();
    signals_.async_wait([stop](const boost::system::error_code& error, int) {
      if (!error) stop();
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
      on_reload_();
      wait_for_reload();
    });
  }

  std::function<void()> on_reload_;
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

// A broker, or a name server alone, until a signal comes.
template <class Node>
int run(Node& node, const BrokerConfig& config) {
  using Parent = Signals::Parent;
  const Signals signals([&node] { node.stop(); }, [&node] { node.reload(); },
                        config.ephemeral ? Parent::watched : Parent::ignored);
  warn(config);
  say_ready(node.ready_line(), config.ready_json);
  const auto closed = node.run();
  if (closed) return 0;
  std::fprintf(stderr, "sluice-mq: the log was not closed cleanly (%s); the next start recovers it\n",
               closed.error().message().c_str());
  return 1;
}

constexpr std::size_t kNamesrvSegment = std::size_t{1} << 20;  // a few settings of tools

int serve(BrokerConfig config) {
  mq::apps::raise_descriptor_limit();
  std::optional<EphemeralData> ephemeral;  // goes last
  if (config.ephemeral) ephemeral.emplace().serve(config);
  if (config.namesrv.is_alone()) {
    if (config.data == BrokerConfig{}.data) config.data = "sluice-mq-namesrv-data";
    config.segment_size = kNamesrvSegment;
    config.reserve_segments = 0;
    NamesrvNode node(config, mq::apps::open_store(config));
    return run(node, config);
  }
  const auto clock = base::open_clock(config.test_clock);
  BrokerNode node(config, mq::apps::open_store(config), *clock);
  return run(node, config);
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
