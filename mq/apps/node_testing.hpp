#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "mq/apps/broker_node.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::apps::testing {

// A gate in front of every sync of a file: closed, the sync waits, and nothing becomes durable.
class SyncGate {
 public:
  void close();
  void open();
  void pass();  // waits while it is closed
  // Waits until a sync stands at the closed gate.
  void wait_for_sync();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  int waiting_ = 0;
};

// A view of a disk whose syncs go through a gate.
std::unique_ptr<storage::Directory> behind_gate(std::unique_ptr<storage::Directory> directory,
                                                SyncGate& gate);

// A whole broker with name server in this process, on free ports, its loop on a thread of its own. Its
// syncs go through a gate.
class RunningNode {
 public:
  using Disk = std::function<std::unique_ptr<storage::Directory>()>;

  // The clock and what `disk` opens outlive the node.
  RunningNode(BrokerConfig config, const base::Clock& clock, Disk disk);
  ~RunningNode();
  RunningNode(const RunningNode&) = delete;
  RunningNode& operator=(const RunningNode&) = delete;

  static BrokerConfig test_config();

  void start();
  // An orderly stop; the disk keeps everything.
  void stop();
  void restart() {
    stop();
    start();
  }

  [[nodiscard]] BrokerNode& node() { return *node_; }
  [[nodiscard]] std::uint16_t port() const { return node_->ports().broker; }
  [[nodiscard]] std::uint16_t namesrv() const { return node_->ports().namesrv; }

  SyncGate gate;

 private:
  BrokerConfig config_;
  const base::Clock& clock_;
  Disk disk_;
  std::unique_ptr<BrokerNode> node_;
  std::thread thread_;
};

// The same with the disk and the clock it runs on, such as FaultyDisk and ManualClock of mq/testing.
template <class Clock, class Disk>
struct NodeParts {
  Clock clock;
  Disk disk;
};
template <class Clock, class Disk>
class NodeOn : public NodeParts<Clock, Disk>, public RunningNode {
 public:
  explicit NodeOn(BrokerConfig config = test_config())
      : RunningNode(std::move(config), this->clock, [this] { return this->disk.directory(); }) {}
};

}  // namespace mq::apps::testing
