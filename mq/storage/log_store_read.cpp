#include <algorithm>
#include <utility>

#include "mq/storage/delivery.hpp"
#include "mq/storage/log_store.hpp"

namespace mq::storage {
namespace {

namespace errc = boost::system::errc;

// Entries that stand so close are read together: one call costs more than the bytes between them.
constexpr std::int64_t kGapMax = 4096;
// A message without its body is rarely larger.
constexpr std::size_t kDeliveryGuess = 512;
// Each costs a look into the log.
constexpr int kLostAtATime = 64;
// A guess at a record's size that makes most single reads one call.
constexpr std::size_t kSizeGuess = 4096;

std::vector<Run>::const_iterator run_of(const QueueState& queue, std::int64_t offset) {
  const auto after = std::ranges::upper_bound(queue.runs, offset, {}, &Run::base);
  return after == queue.runs.begin() ? after : std::prev(after);
}

// Whether a queue's row of this size speaks of that entry.
bool is_message_of(const Entry& entry, std::size_t size) {
  if (entry.header.type == EntryType::message) return entry.payload.size() == size;
  return entry.header.type == EntryType::delivery && whole_size(entry.payload) == size;
}

}  // namespace

boost::system::error_code LogStore::noted(boost::system::error_code error) const {
  if (error == errc::bad_message) ++checksum_errors_;
  return error;
}

QueueState* LogStore::published(const QueueId& id) const {
  auto& queues = projection_->queues();
  auto* const queue = queues.find(id.topic, id.queue);
  if (queue == nullptr) return nullptr;
  queues.trim(*queue);
  if (queue->visible < queue->next) QueueTable::publish(*queue, log_.durable());
  if (queue->first() < queue->whole_until && queue->first() != queue->sound) skip_lost(*queue);
  return queue;
}

bool LogStore::has_lost_its_body(const StoredEntry& message) const {
  const auto entry = log_.entry_at(entry_of(LogOffset{message.at}), kDeliveryGuess, lost_scratch_);
  return entry && entry->header.type == EntryType::delivery && holder_of(entry->payload) < log_.begin();
}

void LogStore::skip_lost(QueueState& queue) const {
  std::vector<StoredEntry> row;
  const auto until = std::min(queue.whole_until, queue.visible);
  for (auto left = kLostAtATime; left > 0 && queue.first() < until; --left) {
    row.clear();
    const auto first = queue.first();
    if (!stored_entries(queue, first, first + 1, row) || row.empty()) return;
    if (!has_lost_its_body(row.front())) {
      queue.sound = first;
      return;
    }
    queue.whole_from = first + 1;
  }
}

std::vector<Arrival> LogStore::take_arrivals() {
  auto& touched = projection_->queues().touched();
  std::vector<Arrival> arrivals;
  std::vector<StoredEntry> newest;
  std::erase_if(touched, [&](QueueState* queue) {
    QueueTable::publish(*queue, log_.durable());
    if (queue->visible > queue->announced) {
      queue->announced = queue->visible;
      newest.clear();
      // An index that cannot be read now says so to the reader; here it costs a filter hint only.
      const bool known =
          stored_entries(*queue, queue->visible - 1, queue->visible, newest) && !newest.empty();
      arrivals.push_back({QueueId{*queue->topic->name, queue->queue}, QueueOffset{queue->visible},
                          known ? newest.front().tag_hash : 0});
    }
    queue->touched = queue->visible < queue->next;
    return !queue->touched;
  });
  return arrivals;
}

QueueOffset LogStore::min_offset(const QueueId& id) const {
  const auto* const queue = published(id);
  return queue == nullptr ? QueueOffset{0} : QueueOffset{std::min(queue->first(), queue->visible)};
}

QueueOffset LogStore::max_offset(const QueueId& id) const {
  const auto* const queue = published(id);
  return queue == nullptr ? QueueOffset{0} : QueueOffset{queue->visible};
}

QueueOffset LogStore::first_offset(const QueueId& id) const {
  const auto* const queue = projection_->queues().find(id.topic, id.queue);
  return QueueOffset{queue == nullptr ? 0 : queue->start};
}

base::Result<> LogStore::stored_entries(const QueueState& queue, std::int64_t from, std::int64_t to,
                                        std::vector<StoredEntry>& out) const {
  for (auto run = run_of(queue, from); run != queue.runs.end() && from < to; ++run) {
    const auto until = std::min(to, run->end());
    if (from < run->base || until <= from) continue;
    const auto first = static_cast<std::size_t>(from - run->base);
    const auto count = static_cast<std::size_t>(until - from);
    if (run->index) {
      if (auto done = run->index->rows(run->indexed, first, count, &cache_, out); !done)
        return noted(done.error());
    } else {
      for (std::size_t i = first; i < first + count; ++i) out.push_back(run->entries[i]);
    }
    from = until;
  }
  return {};
}

base::Result<std::vector<QueueEntry>> LogStore::entries(const QueueId& id, QueueOffset from,
                                                        std::size_t max) const {
  std::vector<QueueEntry> found;
  const auto* const queue = published(id);
  if (queue == nullptr) return found;
  auto offset = std::max(from.value(), queue->first());
  std::vector<StoredEntry> rows;
  auto left = max + static_cast<std::size_t>(kLostAtATime);
  while (offset < queue->visible && found.size() < max && left > 0) {
    const auto count =
        std::min({max - found.size(), left, static_cast<std::size_t>(queue->visible - offset)});
    rows.clear();
    rows.reserve(count);
    const auto done = stored_entries(*queue, offset, offset + static_cast<std::int64_t>(count), rows);
    if (!done) return done.error();
    if (rows.empty()) break;
    left -= rows.size();
    found.reserve(found.size() + rows.size());
    for (const auto& row : rows) {
      const QueueOffset at{offset++};
      if (at.value() < queue->whole_until && has_lost_its_body(row)) continue;
      found.push_back({at, LogOffset{row.at}, row.size, row.tag_hash});
    }
  }
  return found;
}

base::Result<Entry> LogStore::message_at(LogOffset at, std::size_t size_guess) const {
  if (at < forgotten_) return make_error_code(errc::result_out_of_range);
  auto entry = log_.entry_at(entry_of(at), size_guess, scratch_);
  if (!entry) return noted(entry.error());
  const auto type = entry->header.type;
  if (type != EntryType::message && type != EntryType::delivery)
    return make_error_code(errc::invalid_argument);
  return entry;
}

base::Result<> LogStore::append_record(const Entry& entry, base::Bytes& out) const {
  if (entry.header.type == EntryType::message) {
    out.insert(out.end(), entry.payload.begin(), entry.payload.end());
    return {};
  }
  const auto holder = log_.entry_at(entry_of(holder_of(entry.payload)),
                                    whole_size(entry.payload) + kSizeGuess, holder_scratch_);
  if (!holder) return noted(holder.error());
  if (holder->header.type != EntryType::message || !is_body_of(holder->payload, entry.payload)) {
    return noted(make_error_code(errc::bad_message));
  }
  append_whole(entry.payload, holder->payload, out);
  return {};
}

base::Result<> LogStore::read_record(LogOffset at, base::Bytes& out) const {
  const auto entry = message_at(at, kSizeGuess);
  if (!entry) return entry.error();
  return append_record(*entry, out);
}

base::Result<std::size_t> LogStore::read_records(std::span<const QueueEntry> entries, std::size_t bytes_max,
                                                 base::Bytes& out) const {
  const auto end_of = [](const QueueEntry& e) { return e.at.value() + e.size; };
  std::size_t count = 0;
  std::size_t total = 0;
  while (count < entries.size()) {
    const auto start = entry_of(entries[count].at);
    auto last = count;
    while (last + 1 < entries.size() && entries[last + 1].at > entries[last].at &&
           entries[last + 1].at.value() - end_of(entries[last]) <= kGapMax &&
           static_cast<std::size_t>(end_of(entries[last + 1]) - start.value()) <= bytes_max) {
      ++last;
    }
    const auto span = static_cast<std::size_t>(end_of(entries[last]) - start.value());
    const auto bytes = log_.bytes_at(start, span, scratch_);
    if (!bytes && count == 0) return bytes.error();
    if (!bytes) return count;
    const auto first = count;
    for (; count <= last; ++count) {
      const auto& wanted = entries[count];
      const auto size = static_cast<std::size_t>(wanted.size);
      if (count > 0 && total + size > bytes_max) return count;
      const auto offset = static_cast<std::size_t>(entry_of(wanted.at).value() - start.value());
      // The run reached into the next segment, or what shares its body seems to: go on there.
      if (count > first && offset + kEntryHeaderSize + size > bytes->size()) break;
      const auto entry = offset < bytes->size()
                             ? decode_entry(bytes->subspan(offset), entry_of(wanted.at), log_.checksum())
                             : std::nullopt;
      const auto done = entry && is_message_of(*entry, size) ? append_record(*entry, out)
                                                             : noted(make_error_code(errc::bad_message));
      if (!done && count == 0) return done.error();
      if (!done) return count;
      total += size;
    }
  }
  return count;
}

base::Result<std::int64_t> LogStore::store_time(const QueueState& queue, std::int64_t offset) const {
  std::vector<StoredEntry> row;
  if (auto done = stored_entries(queue, offset, offset + 1, row); !done) return done.error();
  if (row.empty()) return make_error_code(errc::bad_message);
  const auto entry =
      message_at(LogOffset{row.front().at}, kEntryHeaderSize + static_cast<std::size_t>(row.front().size));
  if (!entry) return entry.error();
  const bool shares = entry->header.type == EntryType::delivery;
  const auto head = shares ? delivery_head(entry->payload) : entry->payload;
  return base::load_big<std::int64_t>(head.data() + kRecordStoreTimeAt);
}

base::Result<QueueOffset> LogStore::offset_by_time(const QueueId& id, std::int64_t store_ms,
                                                   Boundary boundary) const {
  const auto* const queue = published(id);
  if (queue == nullptr) return QueueOffset{0};
  // Store times never fall, so both boundaries are one binary search: the first that is later than, or
  // not before, the asked time.
  const auto first = std::min(queue->first(), queue->visible);
  auto low = first;
  auto high = queue->visible;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    const auto time = store_time(*queue, middle);
    if (!time) return time.error();
    const bool before = boundary == Boundary::lower ? *time < store_ms : *time <= store_ms;
    (before ? low : high) = before ? middle + 1 : middle;
  }
  if (boundary == Boundary::lower || low == first) return QueueOffset{low};
  return QueueOffset{low - 1};
}

base::Result<> LogStore::candidates(const Segment& segment, const KeyQuery& query,
                                    std::vector<std::int64_t>& out) const {
  const auto& indexes = projection_->indexes();
  if (const auto at = indexes.find(segment.start); at != indexes.end()) {
    const auto& header = at->second->header();
    if (header.store_ms_max < query.from_ms || header.store_ms_min > query.to_ms) return {};
    return at->second->find_key(query.hash, &cache_, out);
  }
  const auto& all = projection_->tables();
  const auto tables = std::ranges::find(all, segment.start, &SegmentTables::start);
  if (tables == all.end() || tables->store_ms_max < query.from_ms || tables->store_ms_min > query.to_ms)
    return {};
  const auto& rows = tables->keys.part_of(query.hash);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].hash == query.hash) out.push_back(rows[i].at);
  }
  return {};
}

base::Result<LogStore::Match> LogStore::matches(LogOffset at, const KeyQuery& query) const {
  const auto entry = message_at(at, kSizeGuess);
  if (!entry) return entry.error();
  base::Bytes without_body;
  Record record;
  if (entry->header.type == EntryType::delivery) {
    const auto delivery = decode_delivery(entry->payload, without_body);
    if (!delivery) return delivery.error();
    // Its queue has gone past it, too.
    if (delivery->holder < log_.begin()) return Match::no;
    record = delivery->record;
  } else {
    const auto decoded = decode_record(entry->payload);
    if (!decoded) return decoded.error();
    record = decoded->record;
  }
  if (record.topic != query.topic || record.store_ms < query.from_ms || record.store_ms > query.to_ms) {
    return Match::no;
  }
  bool has_key = false;
  for_each_key(indexed_properties(record.properties),
               [&](std::string_view key) { has_key |= key == query.key; });
  return has_key ? Match::yes : Match::no;
}

base::Result<std::vector<LogOffset>> LogStore::find_key(std::string_view topic, std::string_view key,
                                                        std::int64_t from_ms, std::int64_t to_ms,
                                                        std::size_t max) const {
  const KeyQuery query{topic, key, key_hash(topic_key_state(topic), key), from_ms, to_ms};
  const auto removed = projection_->removed_at(topic).value_or(LogOffset{-1});
  std::vector<LogOffset> found;
  const auto& segments = log_.segments();
  for (auto segment = segments.rbegin(); segment != segments.rend() && found.size() < max; ++segment) {
    if ((*segment)->end() <= removed) break;
    std::vector<std::int64_t> offsets;
    if (auto done = candidates(**segment, query, offsets); !done) return done.error();
    std::ranges::sort(offsets, std::greater<>());
    const auto repeated = std::ranges::unique(offsets);
    offsets.erase(repeated.begin(), repeated.end());
    for (const auto offset : offsets) {
      const LogOffset at{offset};
      if (found.size() == max || at < removed) break;
      if (at >= log_.durable()) continue;
      const auto hit = matches(at, query);
      if (!hit) return hit.error();
      if (*hit == Match::yes) found.push_back(at);
    }
  }
  return found;
}

std::vector<std::pair<std::string, std::string>> LogStore::metadata() const {
  return {projection_->metadata().begin(), projection_->metadata().end()};
}

}  // namespace mq::storage
