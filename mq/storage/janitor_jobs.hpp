#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "mq/storage/index_writer.hpp"
#include "mq/storage/message_store.hpp"
#include "mq/storage/segment.hpp"
#include "mq/storage/segment_index.hpp"

namespace mq::storage {

// The state of the log as of the last snapshot written, carried from one index job to the next. Only
// running jobs touch it, and one runs at a time.
struct JanitorState {
  std::shared_ptr<Directory> directory;
  StoreId store;
  Snapshot snapshot;
};

// Writes the index of a sealed segment or a checkpoint of the active one.
class IndexJob final : public MessageStore::JanitorJob {
 public:
  enum class Kind { index, index_without_snapshot, checkpoint };
  struct Task {
    Kind kind = Kind::index;
    IndexContent content;
    LogOffset segment_end;
    std::deque<SnapshotEvent> events;  // since the last snapshot
    TimerMark delivered;
    CarriedMark carried;
    LogOffset oldest_half;  // undecided, or the content's upto
    std::int64_t newest_store_ms = 0;
    LogOffset begin;  // of the log on disk: removals of topics before it are history
  };
  IndexJob(std::shared_ptr<JanitorState> state, Task task)
      : state_(std::move(state)), task_(std::move(task)) {}

  base::Result<> run() override;

  [[nodiscard]] const Task& task() const { return task_; }
  // After run(), unless the kind is checkpoint.
  [[nodiscard]] const std::shared_ptr<SegmentIndex>& index() const { return index_; }
  [[nodiscard]] const std::shared_ptr<const std::vector<IndexedRun>>& runs() const { return runs_; }

 private:
  void bring_snapshot_up_to_date();
  [[nodiscard]] base::Result<> open_written();

  std::shared_ptr<JanitorState> state_;
  Task task_;
  bool applied_ = false;  // a job that failed runs again
  std::shared_ptr<SegmentIndex> index_;
  std::shared_ptr<const std::vector<IndexedRun>> runs_;
};

// Takes files of retained segments away: recycles them as spares, or removes them.
class RetireJob final : public MessageStore::JanitorJob {
 public:
  struct Item {
    std::shared_ptr<Segment> segment;
    std::string spare_name;  // empty: remove
  };
  RetireJob(std::shared_ptr<Directory> directory, std::vector<Item> items)
      : directory_(std::move(directory)), items_(std::move(items)) {}

  base::Result<> run() override;
  [[nodiscard]] const std::vector<Item>& items() const { return items_; }

 private:
  std::shared_ptr<Directory> directory_;
  std::vector<Item> items_;
  std::size_t done_ = 0;  // items whose log file is away
};

// Makes one spare file of written blocks.
class SpareJob final : public MessageStore::JanitorJob {
 public:
  SpareJob(std::shared_ptr<Directory> directory, std::string name, std::size_t size)
      : directory_(std::move(directory)), name_(std::move(name)), size_(size) {}

  // no_space_on_device also when the file would leave the disk nearly full.
  base::Result<> run() override;
  [[nodiscard]] const SpareFile& spare() const { return spare_; }

 private:
  std::shared_ptr<Directory> directory_;
  std::string name_;
  std::size_t size_;
  SpareFile spare_;
};

}  // namespace mq::storage
