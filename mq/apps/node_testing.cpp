#include "mq/apps/node_testing.hpp"

#include <stdexcept>
#include <utility>

namespace mq::apps::testing {
namespace {

class GatedFile final : public storage::File {
 public:
  GatedFile(std::unique_ptr<storage::File> file, SyncGate& gate) : file_(std::move(file)), gate_(gate) {}
  base::Result<> write_at(std::size_t position, base::BytesView bytes) override {
    return file_->write_at(position, bytes);
  }
  base::Result<std::size_t> read_at(std::size_t position, std::span<std::byte> into) const override {
    return file_->read_at(position, into);
  }
  base::Result<> truncate(std::size_t size) override { return file_->truncate(size); }
  base::Result<> allocate(std::size_t size) override { return file_->allocate(size); }
  base::Result<> sync() override {
    gate_.pass();
    return file_->sync();
  }
  base::Result<std::size_t> size() const override { return file_->size(); }

 private:
  std::unique_ptr<storage::File> file_;
  SyncGate& gate_;
};

class GatedDirectory final : public storage::Directory {
 public:
  GatedDirectory(std::unique_ptr<storage::Directory> directory, SyncGate& gate)
      : directory_(std::move(directory)), gate_(gate) {}
  base::Result<std::unique_ptr<storage::File>> open(std::string_view name) override {
    return gated(directory_->open(name));
  }
  base::Result<std::unique_ptr<storage::File>> create(std::string_view name) override {
    return gated(directory_->create(name));
  }
  base::Result<std::vector<std::string>> list() const override { return directory_->list(); }
  base::Result<> rename(std::string_view from, std::string_view to) override {
    return directory_->rename(from, to);
  }
  base::Result<> remove(std::string_view name) override { return directory_->remove(name); }
  base::Result<> sync() override { return directory_->sync(); }
  base::Result<> lock() override { return directory_->lock(); }
  base::Result<Space> space() const override { return directory_->space(); }

 private:
  base::Result<std::unique_ptr<storage::File>> gated(base::Result<std::unique_ptr<storage::File>> file) {
    if (!file) return file;
    return std::unique_ptr<storage::File>(std::make_unique<GatedFile>(std::move(*file), gate_));
  }
  std::unique_ptr<storage::Directory> directory_;
  SyncGate& gate_;
};

}  // namespace

void SyncGate::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

void SyncGate::open() {
  const std::lock_guard lock(mutex_);
  closed_ = false;
  changed_.notify_all();
}

void SyncGate::pass() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !closed_; });
  --waiting_;
}

void SyncGate::wait_for_sync() {
  std::unique_lock lock(mutex_);
  const bool came = changed_.wait_for(lock, std::chrono::seconds(20), [this] { return waiting_ > 0; });
  if (!came) throw std::runtime_error("no sync came to the gate");
}

std::unique_ptr<storage::Directory> behind_gate(std::unique_ptr<storage::Directory> directory,
                                                SyncGate& gate) {
  return std::make_unique<GatedDirectory>(std::move(directory), gate);
}

BrokerConfig RunningNode::test_config() {
  BrokerConfig config;
  config.port = 0;
  config.metrics = false;
  config.shutdown_drain = {};
  config.segment_size = std::size_t{16} << 20;
  config.reserve_segments = 0;
  config.test_clock = "a manual clock of the test";  // the clock may jump: look often
  return config;
}

RunningNode::RunningNode(BrokerConfig config, const base::Clock& clock, Disk disk)
    : config_(std::move(config)), clock_(clock), disk_(std::move(disk)) {
  start();
}

RunningNode::~RunningNode() {
  gate.open();
  stop();
}

void RunningNode::start() {
  storage::StoreOptions options;
  options.segment_size = config_.segment_size;
  options.reserve_segments = static_cast<std::size_t>(config_.reserve_segments);
  std::string problem;
  auto store = storage::MessageStore::open(behind_gate(disk_(), gate), options, problem);
  if (!store) throw std::runtime_error("the store does not open: " + problem);
  node_ = std::make_unique<BrokerNode>(config_, std::move(*store), clock_);
  thread_ = std::thread([this] {
    if (const auto closed = node_->run(); !closed) std::abort();
  });
}

void RunningNode::stop() {
  if (!node_) return;
  node_->stop();
  thread_.join();
  node_.reset();
}

}  // namespace mq::apps::testing
