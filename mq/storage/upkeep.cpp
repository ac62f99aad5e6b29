#include "mq/storage/upkeep.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "mq/base/assert.hpp"

namespace mq::storage {
namespace {
// A full disk is asked again after 16, 32 … 4096 further calls.
constexpr std::uint64_t kHoldBackFirst = 16;
constexpr std::uint32_t kHoldBackDoublings = 8;
}  // namespace

Upkeep::Upkeep(std::shared_ptr<JanitorState> state, const StoreOptions& options,
               std::vector<SpareFile> spares, LogOffset begin)
    : state_(std::move(state)), options_(options), begin_on_disk_(begin), spares_(std::move(spares)) {
  for (const auto& spare : spares_) {
    std::uint64_t number = 0;
    const auto* const digits = spare.name.data() + kSparePrefix.size();
    std::from_chars(digits, spare.name.data() + spare.name.size(), number);
    spare_number_ = std::max(spare_number_, number + 1);
  }
}

void Upkeep::add(IndexJob::Task task) {
  indexes_.push_back(std::make_shared<IndexJob>(state_, std::move(task)));
}

void Upkeep::retire(std::shared_ptr<Segment> segment) { retired_.push_back(std::move(segment)); }

bool Upkeep::checkpoint_is_due() const {
  return std::ranges::any_of(indexes_,
                             [](const auto& job) { return job->task().kind == IndexJob::Kind::checkpoint; });
}

base::Result<std::shared_ptr<Segment>> Upkeep::next_segment(LogOffset start) {
  if (spares_.empty()) {
    auto made = create_segment(*state_->directory, start, options_.segment_size);
    if (made && options_.reserve_segments > 0) ++used_up_;
    return made;
  }
  auto adopted = adopt_segment(*state_->directory, spares_.back(), start, options_.segment_size);
  if (adopted) spares_.pop_back();
  return adopted;
}

std::string Upkeep::spare_name() { return std::string(kSparePrefix) + std::to_string(spare_number_++); }

std::shared_ptr<MessageStore::JanitorJob> Upkeep::take(LogOffset synced, LogOffset end) {
  log_grows_ = std::exchange(end_at_last_call_, end) != end;
  if (out_) return {};
  if (held_back_ > 0) {
    --held_back_;
    return {};
  }
  out_ = next_job(synced);
  return out_;
}

std::shared_ptr<MessageStore::JanitorJob> Upkeep::next_job(LogOffset synced) {
  // An index must never say more than the disk holds.
  if (!indexes_.empty() && indexes_.front()->task().content.upto <= synced) return indexes_.front();
  if (failed_retire_) return std::exchange(failed_retire_, {});
  if (!retired_.empty()) return retire_job();
  if (wants_spare()) {
    return std::make_shared<SpareJob>(state_->directory, spare_name(), options_.segment_size);
  }
  return {};
}

// Filling one takes the disk and a core from the sends that come meanwhile.
bool Upkeep::wants_spare() const {
  if (spares_.size() >= options_.reserve_segments) return false;
  const bool runs_low = spares_.size() * 2 <= options_.reserve_segments;
  return !log_grows_ || (runs_low && syncs_matter_);
}

std::shared_ptr<MessageStore::JanitorJob> Upkeep::retire_job() {
  std::vector<RetireJob::Item> items;
  auto wanted = options_.reserve_segments - std::min(spares_.size(), options_.reserve_segments);
  for (auto& segment : std::exchange(retired_, {})) {
    const bool recycle = wanted > 0 && segment->capacity == options_.segment_size;
    if (recycle) --wanted;
    items.push_back({std::move(segment), recycle ? spare_name() : std::string()});
  }
  return std::make_shared<RetireJob>(state_->directory, std::move(items));
}

std::shared_ptr<IndexJob> Upkeep::take_index() {
  if (out_ || indexes_.empty()) return {};
  out_ = indexes_.front();
  return indexes_.front();
}

void Upkeep::hold_back() {
  held_back_ = kHoldBackFirst << std::min(failures_, kHoldBackDoublings);
  ++failures_;
}

std::shared_ptr<IndexJob> Upkeep::done(const MessageStore::JanitorJob& job, const base::Result<>& outcome) {
  BASE_ASSERT(out_.get() == &job, "done() is for the job that is out");
  const auto finished = std::exchange(out_, {});
  if (!outcome) {
    hold_back();
    failed_retire_ = std::dynamic_pointer_cast<RetireJob>(finished);
    return {};
  }
  failures_ = 0;
  if (auto index = std::dynamic_pointer_cast<IndexJob>(finished)) {
    indexes_.pop_front();
    return index;
  }
  if (const auto* retired = dynamic_cast<const RetireJob*>(&job)) {
    for (const auto& item : retired->items()) {
      begin_on_disk_ = std::max(begin_on_disk_, item.segment->end());
      if (!item.spare_name.empty()) spares_.push_back({item.spare_name, item.segment->file});
    }
  }
  if (const auto* made = dynamic_cast<const SpareJob*>(&job)) spares_.push_back(made->spare());
  return {};
}

}  // namespace mq::storage
