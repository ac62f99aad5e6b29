#include "bench/mq/peers/rocketmq.hpp"

#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "bench/mq/load.hpp"
#include "mq/protocol/codes.hpp"

namespace bench {
namespace {

// Where its second listener goes, two below.
std::uint16_t free_pair() {
  for (;;) {
    const auto port = free_port();
    if (port > 1026) return port;
  }
}

void send_one(std::uint16_t port) {
  make_topic({port}, kTopic, kQueues);
  SendSpec spec;
  spec.topic = "ready";  // a message that no workload counts
  make_topic({port}, spec.topic, spec.queues);
  Sends sends(spec, mq::protocol::response_code::kSuccess, 1);
  Load load({port}, {1, 1}, sends);
  if (load.run_for(std::chrono::seconds(5)).brought.messages != 1)
    throw std::runtime_error("it refused a message");
}

std::vector<std::string> java(const Peer::Setup& setup, const std::string& memory, const std::string& main,
                              const std::filesystem::path& config) {
  return {"-cp",
          (setup.jars / "*").string(),
          "-Xms" + memory,
          "-Xmx" + memory,
          "-XX:MaxDirectMemorySize=2g",
          "-Duser.home=" + setup.folder.string(),
          "-Drocketmq.home.dir=" + setup.folder.string(),
          "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
          "--add-opens=java.base/java.nio=ALL-UNNAMED",
          "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
          main,
          "-c",
          config.string()};
}

}  // namespace

RocketMq::RocketMq(const Setup& setup) : sync_(setup.sync), port_(free_pair()), names_(free_port()) {
  if (setup.jars.empty() || !std::filesystem::exists(setup.jars)) {
    throw std::runtime_error(
        "a genuine RocketMQ needs --rocketmq-jars: `tests/compat/compat.py BUILD prepare` "
        "fetches them to BUILD/compat/rocketmq/dependency");
  }
  std::filesystem::create_directories(setup.folder);
  const auto namesrv_conf = setup.folder / "namesrv.conf", broker_conf = setup.folder / "broker.conf";
  std::ofstream(namesrv_conf) << "listenPort=" << names_ << "\nbindAddress=127.0.0.1\n";
  // Its defaults, but for addresses, sizes, and flow control, which would refuse what waits 200 ms.
  std::ofstream(broker_conf) << "brokerIP1=127.0.0.1\nbindAddress=127.0.0.1\nlistenPort=" << port_
                             << "\nhaListenPort=" << free_port() << "\nnamesrvAddr=127.0.0.1:" << names_
                             << "\nstorePathRootDir=" << (setup.folder / "store").string()
                             << "\nstorePathCommitLog=" << (setup.folder / "store" / "commitlog").string()
                             << "\nflushDiskType=" << (sync_ ? "SYNC_FLUSH" : "ASYNC_FLUSH")
                             << "\ndiskMaxUsedSpaceRatio=99\nwaitTimeMillsInSendQueue=20000"
                             << "\nosPageCacheBusyTimeOutMills=20000\n";
  namesrv_ = start_server(setup, "java",
                          java(setup, "256m", "org.apache.rocketmq.namesrv.NamesrvStartup", namesrv_conf));
  broker_ =
      start_server(setup, "java", java(setup, "2g", "org.apache.rocketmq.broker.BrokerStartup", broker_conf));
  seconds_to_ready_ = seconds_until([this] { send_one(port_); }, std::chrono::seconds(90));
}

std::unique_ptr<Traffic> RocketMq::sends() const {
  return std::make_unique<Sends>(SendSpec{}, mq::protocol::response_code::kSuccess);
}

std::unique_ptr<Traffic> RocketMq::receives(Arrivals& arrivals) const {
  PullSpec spec;
  spec.follows = true;
  return std::make_unique<Pulls>(spec, kQueues, &arrivals);
}

std::string RocketMq::promise() const {
  return sync_ ? "Apache RocketMQ, SYNC_FLUSH" : "Apache RocketMQ, ASYNC_FLUSH";
}

}  // namespace bench
