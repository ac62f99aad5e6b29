#include "mq/storage/index_writer.hpp"

#include <algorithm>
#include <utility>

#include "mq/storage/segment.hpp"

namespace mq::storage {
namespace {

constexpr std::size_t kWriteSize = std::size_t{256} << 10;

// Writes a file front to back through a buffer.
class FileWriter {
 public:
  FileWriter(File& file, const Checksum& checksum, LogOffset segment)
      : file_(file), checksum_(checksum), segment_(segment), buffer_(kIndexHeaderSize) {}

  template <class Row>
  void add(std::size_t row_size, const Row& row) {
    const auto at = buffer_.size();
    buffer_.resize(at + row_size);
    store_row(buffer_.data() + at, row);
    if (++rows_ == rows_per_chunk(row_size)) end_chunk(row_size);
  }
  void end_table(std::size_t row_size) {
    if (rows_ > 0) end_chunk(row_size);
  }

  Section put_section(base::BytesView bytes) {
    const Section section{position(), bytes.size(), checksum_.of(bytes)};
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    flush_if(kWriteSize);
    return section;
  }

  [[nodiscard]] std::uint64_t position() const { return flushed_ + buffer_.size(); }

  base::Result<> finish(const IndexHeader& header) {
    flush_if(1);
    if (!outcome_) return outcome_;
    return file_.write_at(0, encode_index_header(header, checksum_));
  }

 private:
  void end_chunk(std::size_t row_size) {
    const auto size = rows_ * row_size;
    const auto rows = base::BytesView(buffer_).last(size);
    const auto crc = chunk_checksum(checksum_, segment_, position() - size, rows);
    base::ByteWriter(buffer_).number(crc);
    rows_ = 0;
    flush_if(kWriteSize);
  }
  void flush_if(std::size_t at_least) {
    if (buffer_.size() < at_least || !outcome_) return;
    outcome_ = file_.write_at(flushed_, buffer_);
    flushed_ += buffer_.size();
    buffer_.clear();
  }

  File& file_;
  const Checksum& checksum_;
  LogOffset segment_;
  base::Bytes buffer_;  // begins with room for the header
  std::uint64_t flushed_ = 0;
  std::size_t rows_ = 0;  // of the chunk that is being filled
  base::Result<> outcome_;
};

base::Bytes put_runs(FileWriter& out, const std::vector<IndexContent::QueueRun>& runs) {
  base::Bytes directory;
  base::ByteWriter rows(directory);
  for (const auto& run : runs) {
    rows.number(static_cast<std::uint16_t>(run.topic->size()));
    rows.text(*run.topic);
    rows.number(run.queue);
    rows.number(run.base);
    rows.number(static_cast<std::uint32_t>(run.entries.size()));
    rows.number(out.position());
    for (std::size_t i = 0; i < run.entries.size(); ++i) out.add(kEntryRowSize, run.entries[i]);
    out.end_table(kEntryRowSize);
  }
  return directory;
}

template <class Row>
std::vector<Row> sorted(const ChunkList<Row>& list) {
  std::vector<Row> rows;
  rows.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) rows.push_back(list[i]);
  std::ranges::sort(rows);
  return rows;
}

RowTable put_keys(FileWriter& out, const KeyRows& keys) {
  RowTable table{out.position(), 0};
  for (const auto& part : keys.parts()) {  // ascending ranges of the hash
    for (const auto& row : sorted(part)) out.add(kKeyRowSize, row);
    table.count += part.size();
  }
  out.end_table(kKeyRowSize);
  return table;
}

RowTable put_timers(FileWriter& out, const ChunkList<TimerMark>& timers) {
  const RowTable table{out.position(), timers.size()};
  for (const auto& row : sorted(timers)) out.add(kTimerRowSize, row);
  out.end_table(kTimerRowSize);
  return table;
}

base::Result<> write_content(File& file, StoreId store, const IndexContent& content,
                             const Snapshot* snapshot) {
  const Checksum checksum(store);
  FileWriter out(file, checksum, content.tables.start);
  IndexHeader header;
  header.store = store;
  header.start = content.tables.start;
  header.upto = content.upto;
  header.last_epoch = content.last_epoch;
  header.writer_epoch = content.writer_epoch;
  header.store_ms_min = content.tables.store_ms_min;
  header.store_ms_max = content.tables.store_ms_max;
  header.records = content.tables.records;
  header.last_timer = content.tables.last_timer;
  const auto directory = put_runs(out, content.runs);
  header.keys = put_keys(out, content.tables.keys);
  header.timers = put_timers(out, content.tables.timers);
  header.directory = out.put_section(directory);
  header.runs = static_cast<std::uint32_t>(content.runs.size());
  if (snapshot != nullptr) {
    header.snapshot = out.put_section(encode_snapshot(*snapshot));
    header.flags |= index_flag::kHasSnapshot;
  }
  if (content.closed) header.flags |= index_flag::kClosed;
  if (auto done = out.finish(header); !done) return done;
  return file.sync();
}

}  // namespace

void IndexContent::collect_runs() {
  if (!runs.empty()) return;
  std::vector<QueueRun> all(tables.runs.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    static_cast<SegmentTables::QueueRun&>(all[i]) = tables.runs[i];
  }
  for (std::size_t i = 0; i < tables.entries.size(); ++i) {
    all[tables.entries[i].run].entries.push_back(tables.entries[i].entry);
  }
  for (std::size_t i = 0; i < tables.removed.size(); ++i) all[tables.removed[i]].topic.reset();
  std::erase_if(all, [](const QueueRun& run) { return run.topic == nullptr; });
  runs = std::move(all);
}

base::Result<> write_index(Directory& directory, const std::string& name, StoreId store,
                           const IndexContent& content, const Snapshot* snapshot) {
  const auto temporary = name + std::string(kTemporarySuffix);
  auto file = directory.create(temporary);
  if (!file) return file.error();
  auto done = write_content(**file, store, content, snapshot);
  if (done) done = directory.rename(temporary, name);
  if (!done) {
    file->reset();
    // Best effort: what cannot be removed now is removed by the next open.
    static_cast<void>(directory.remove(temporary));
    return done;
  }
  return directory.sync();
}

}  // namespace mq::storage
