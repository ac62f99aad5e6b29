#include "mq/broker/pop/ledger.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mq::broker {
namespace {

constexpr std::string_view kFlyingPrefix = "pop/";
constexpr std::string_view kBatchPrefix = "poporder/";
// Bytes of one entry: encoding more would take longer than a pass may.
constexpr std::size_t kFlushBytesMax = std::size_t{64} << 10;

// Names of groups and topics have no slash, so the key is unambiguous.
std::string meta_key(std::string_view prefix, const PopLedger::Key& key) {
  std::string text(prefix);
  text.append(key.group).append("/").append(key.queue.topic).append("/");
  return text.append(std::to_string(key.queue.queue));
}

std::optional<PopLedger::Key> key_of(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  const auto first = text.find('/');
  const auto last = text.rfind('/');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  PopLedger::Key key{std::string(text.substr(0, first)),
                     {std::string(text.substr(first + 1, last - first - 1)), 0}};
  const auto number = text.substr(last + 1);
  const auto end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, key.queue.queue);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return key;
}

}  // namespace

void PopLedger::load(const Metadata& metadata) {
  for (const auto& [name, value] : metadata) {
    if (const auto key = key_of(name, kFlyingPrefix)) {
      stored_.insert(name);
      auto flying = PopInFlight::decode(value);
      if (!flying) continue;  // the consumer offset says where to go on
      auto& state = states_[*key];
      state.told = flying->low();
      in_flight_ += flying->size();
      state.flying = std::move(*flying);
    } else if (const auto ordered = key_of(name, kBatchPrefix)) {
      stored_.insert(name);
      auto& state = states_[*ordered];
      state.batch = OrderedBatch::decode(value);
      state.told = offsets_.find(ordered->group, ordered->queue).value_or(QueueOffset{0});
    }
  }
  for (auto row = states_.begin(); row != states_.end(); ++row) schedule(row);
}

PopLedger::States::iterator PopLedger::find(std::string_view group, const QueueId& queue) {
  return states_.find(Key{std::string(group), queue});
}

PopLedger::States::const_iterator PopLedger::find(std::string_view group, const QueueId& queue) const {
  return states_.find(Key{std::string(group), queue});
}

PopLedger::States::iterator PopLedger::find_or_make(std::string_view group, const QueueId& queue) {
  return states_.try_emplace(Key{std::string(group), queue}).first;
}

void PopLedger::tell_offset(States::iterator row, QueueOffset offset) {
  // Refused while a reset waits to be heard of: the next pop sees it and begins there.
  if (offsets_.commit(row->first.group, row->first.queue, offset)) row->second.told = offset;
}

void PopLedger::land(States::iterator row) {
  auto& flying = row->second.flying;
  if (!flying) return;
  in_flight_ -= flying->size();
  flying.reset();
}

void PopLedger::changed(States::iterator row) {
  dirty_.insert(row->first);
  schedule(row);
}

void PopLedger::schedule(States::iterator row) {
  auto& state = row->second;
  std::optional<std::int64_t> due_ms;
  if (state.flying) {
    if (const auto first = state.flying->first()) due_ms = first->visible_ms;
  }
  if (state.batch && !state.announced) {
    if (const auto until = state.batch->blocked_until()) due_ms = std::min(due_ms.value_or(*until), *until);
  }
  if (due_ms == state.due_ms) return;
  if (state.due_ms) due_.erase({*state.due_ms, &row->first});
  state.due_ms = due_ms;
  if (due_ms) due_.insert({*due_ms, &row->first});
}

QueueOffset PopLedger::begin(std::string_view group, const QueueId& queue, QueueOffset fresh) {
  const auto row = find_or_make(group, queue);
  auto& state = row->second;
  offsets_.take_reset(group, queue);  // consumers that pop are told by what they get
  const auto committed = offsets_.find(group, queue);
  if (!state.flying || committed != std::optional(state.told)) {
    land(row);
    state.flying.emplace(committed.value_or(fresh));
    tell_offset(row, state.flying->low());
    changed(row);
  }
  return state.flying->head();
}

QueueOffset PopLedger::peek(std::string_view group, const QueueId& queue, QueueOffset fresh) const {
  const auto row = find(group, queue);
  const auto committed = offsets_.find(group, queue);
  if (row != states_.end() && row->second.flying && committed == std::optional(row->second.told)) {
    return row->second.flying->head();
  }
  return committed.value_or(fresh);
}

bool PopLedger::full(std::string_view group, const QueueId& queue) const {
  return in_flight(group, queue) >= kInFlightMax;
}

std::size_t PopLedger::in_flight(std::string_view group, const QueueId& queue) const {
  const auto row = find(group, queue);
  return row != states_.end() && row->second.flying ? row->second.flying->size() : 0;
}

void PopLedger::take(std::string_view group, const QueueId& queue, std::span<const QueueOffset> offsets,
                     QueueOffset next, std::int64_t pop_ms, std::int64_t visible_ms) {
  const auto row = find_or_make(group, queue);
  auto& flying = row->second.flying;
  BASE_ASSERT(flying, "a pop begins with begin()");
  flying->take(offsets, next, pop_ms, visible_ms);
  in_flight_ += offsets.size();
  tell_offset(row, flying->low());
  changed(row);
}

bool PopLedger::blocked(std::string_view group, const QueueId& queue, std::string_view attempt) const {
  const auto row = find(group, queue);
  if (row == states_.end() || !row->second.batch) return false;
  if (offsets_.find(group, queue) != std::optional(row->second.told)) return false;  // somebody moved it
  return row->second.batch->blocks(attempt, now_ms());
}

QueueOffset PopLedger::begin_in_order(std::string_view group, const QueueId& queue, QueueOffset fresh) {
  const auto row = find_or_make(group, queue);
  auto& state = row->second;
  land(row);
  offsets_.take_reset(group, queue);
  const auto committed = offsets_.find(group, queue);
  if (state.batch && committed != std::optional(state.told)) state.batch.reset();
  tell_offset(row, committed.value_or(fresh));
  changed(row);
  return state.told;
}

void PopLedger::pass_in_order(std::string_view group, const QueueId& queue, QueueOffset next) {
  const auto row = find_or_make(group, queue);
  row->second.batch.reset();
  tell_offset(row, next);
  changed(row);
}

const OrderedBatch& PopLedger::take_in_order(std::string_view group, const QueueId& queue,
                                             std::string attempt, std::span<const QueueOffset> offsets,
                                             std::int64_t pop_ms, std::int64_t visible_ms) {
  const auto row = find_or_make(group, queue);
  auto& state = row->second;
  if (!state.batch) state.batch.emplace();
  state.batch->take(std::move(attempt), offsets, pop_ms, visible_ms);
  state.announced = false;
  changed(row);
  return *state.batch;
}

bool PopLedger::acknowledge(const Held& held) {
  const auto row = find(held.group, held.queue);
  if (row == states_.end()) return false;
  auto& state = row->second;
  if (held.in_order) {
    const auto stands =
        state.batch ? state.batch->acknowledge(held.offset, held.pop_ms) : std::optional<QueueOffset>();
    if (!stands || offsets_.find(held.group, held.queue) != std::optional(state.told)) return false;
    if (!state.batch->blocked_until()) state.batch.reset();
    tell_offset(row, *stands);
  } else {
    if (!state.flying || !state.flying->acknowledge(held.offset, held.pop_ms)) return false;
    --in_flight_;
    if (offsets_.find(held.group, held.queue) == std::optional(state.told)) {
      tell_offset(row, state.flying->low());
    }
  }
  changed(row);
  return true;
}

bool PopLedger::change(const Held& held, std::int64_t new_pop_ms, std::int64_t visible_ms) {
  const auto row = find(held.group, held.queue);
  if (row == states_.end()) return false;
  auto& state = row->second;
  const bool changes =
      held.in_order ? state.batch && state.batch->change(held.offset, held.pop_ms, visible_ms)
                    : state.flying && state.flying->change(held.offset, held.pop_ms, new_pop_ms, visible_ms);
  if (!changes) return false;
  state.announced = false;
  changed(row);
  return true;
}

std::optional<PopLedger::Due> PopLedger::take_due() {
  const auto now = now_ms();
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto row = states_.find(*due_.begin()->second);
    auto& state = row->second;
    const auto first = state.flying ? state.flying->first() : std::optional<PopInFlight::First>();
    if (first && first->visible_ms <= now) return Due{row->first, first};
    state.announced = true;
    schedule(row);
    return Due{row->first, std::nullopt};
  }
  return std::nullopt;
}

void PopLedger::drop(const Key& key, const PopInFlight::First& popped) {
  acknowledge({key.group, key.queue, popped.offset, popped.pop_ms, false});
}

std::optional<std::int64_t> PopLedger::next_due_ms() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

PopLedger::States::iterator PopLedger::forget(States::iterator row) {
  land(row);
  row->second.batch.reset();
  changed(row);
  return states_.erase(row);
}

void PopLedger::remove_group(std::string_view group) {
  for (auto row = states_.lower_bound(Key{std::string(group), {}});
       row != states_.end() && row->first.group == group;) {
    row = forget(row);
  }
}

void PopLedger::remove_topic(std::string_view topic) {
  for (auto row = states_.begin(); row != states_.end();) {
    row = row->first.queue.topic == topic ? forget(row) : std::next(row);
  }
}

std::size_t PopLedger::write(const Key& key, std::vector<storage::MetaChange>& changes) {
  const auto row = states_.find(key);
  const auto* const state = row == states_.end() ? nullptr : &row->second;
  std::size_t bytes = 0;
  const auto put = [&](std::string_view prefix, std::optional<std::string> value) {
    auto name = meta_key(prefix, key);
    if (!value && !stored_.contains(name)) return;
    bytes += name.size() + (value ? value->size() : 0);
    changes.push_back({std::move(name), std::move(value)});
  };
  // With nothing in flight the consumer offset says it all.
  const bool flies = state != nullptr && state->flying && !state->flying->empty();
  put(kFlyingPrefix, flies ? std::optional(state->flying->encode()) : std::nullopt);
  const bool ordered = state != nullptr && state->batch;
  put(kBatchPrefix, ordered ? std::optional(state->batch->encode()) : std::nullopt);
  return bytes;
}

base::Result<> PopLedger::flush_some(std::size_t bytes_max) {
  std::vector<storage::MetaChange> changes;
  std::size_t bytes = 0;
  auto row = dirty_.begin();
  for (; row != dirty_.end() && bytes < bytes_max; ++row) bytes += write(*row, changes);
  if (!changes.empty()) {
    if (const auto end = store_.put_meta(changes); !end) return end.error();
  }
  for (auto& change : changes) {
    if (change.value) {
      stored_.insert(std::move(change.key));
    } else {
      stored_.erase(change.key);
    }
  }
  dirty_.erase(dirty_.begin(), row);
  return {};
}

bool PopLedger::flush_if_due(std::chrono::steady_clock::time_point now) {
  if (dirty_.empty() || now < next_flush_) return false;
  if (flush_some(kFlushBytesMax) && !dirty_.empty()) return true;
  next_flush_ = now + ConsumerOffsets::kFlushEvery;
  return false;
}

base::Result<> PopLedger::flush_all() {
  auto flushed = flush_some(kFlushBytesMax);
  while (flushed && !dirty_.empty()) flushed = flush_some(kFlushBytesMax);
  return flushed;
}

}  // namespace mq::broker
