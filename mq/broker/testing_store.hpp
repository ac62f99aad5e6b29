#pragma once
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "mq/storage/message_store.hpp"

namespace mq::broker::testing {

// A real store on a disk in memory (mq::testing::FaultyDisk), for tests of the parts that stand on it.
template <class Disk>
class StoreOn {
 public:
  StoreOn() { open(); }
  storage::MessageStore& operator*() { return *store_; }
  storage::MessageStore* operator->() { return store_.get(); }

  // Everything appended so far becomes durable.
  void sync() {
    if (!store_->write_pass()) throw std::runtime_error("write_pass failed");
    while (const auto job = store_->take_sync_job()) {
      if (!job->run()) throw std::runtime_error("sync failed");
      store_->synced(*job);
    }
  }
  // The process dies and comes back; only what was synced is certain.
  void crash(typename Disk::Unsynced unsynced = Disk::Unsynced::lost) {
    disk_.power_cut(unsynced);
    store_.reset();
    open();
  }

  // The same, and each page that was not synced survives or not.
  void crash_at_random(std::uint64_t seed) {
    disk_.power_cut_at_random(seed);
    store_.reset();
    open();
  }

  // The medium answers wrong or not at all: see FaultyDisk.
  Disk& disk() { return disk_; }

 private:
  void open() {
    storage::StoreOptions options;
    options.segment_size = std::size_t{8} << 20;
    options.reserve_segments = 0;
    std::string problem;
    auto store = storage::MessageStore::open(disk_.directory(), options, problem);
    if (!store) throw std::runtime_error(problem);
    store_ = std::move(*store);
  }
  Disk disk_;
  std::unique_ptr<storage::MessageStore> store_;
};

}  // namespace mq::broker::testing
