#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mq/storage/format_file.hpp"
#include "mq/storage/janitor_jobs.hpp"
#include "mq/storage/log_scan.hpp"
#include "mq/storage/projection.hpp"
#include "mq/storage/store_files.hpp"

namespace mq::storage {

// What open() finds in a directory, ready to be appended to.
struct Recovered {
  StoreIdentity identity;  // its epoch is raised and durable
  std::deque<std::shared_ptr<Segment>> segments;
  LogOffset end;
  std::uint32_t last_epoch = 0;
  std::unique_ptr<Projection> projection;
  Snapshot snapshot;        // as of snapshot_upto; later changes are events of the projection
  LogOffset snapshot_upto;  // of the newest snapshot on disk
  LogOffset oldest_half;    // undecided by that snapshot, or its end
  std::vector<IndexJob::Task> indexes_due;
  std::vector<SpareFile> spares;
  std::vector<PendingTimer> timers;
  std::uint64_t entries_read = 0;
  std::uint64_t indexes_rebuilt = 0;
  std::uint64_t truncated_bytes = 0;  // behind the end, of entries that were being written
};

// Brings a directory back to the state that was durable, and never to less: what cannot be told from
// a torn tail is cut, everything else that is wrong is refused (FORMAT.md, "Recovery").
class Recovery {
 public:
  Recovery(Directory& directory, const StoreOptions& options, std::string& problem)
      : directory_(directory), options_(options), problem_(problem) {}

  base::Result<Recovered> run();

 private:
  friend class StoreVerification;  // reads everything with the same functions

  // A checkpoint with everything it says, or an index, as a place to start from.
  struct Start {
    LogOffset upto;
    Snapshot snapshot;
    std::shared_ptr<SegmentIndex> checkpoint;  // nothing: the start is a segment's end, or 0
    std::vector<IndexedRun> runs;
    std::vector<std::vector<StoredEntry>> entries;  // of each run
    std::vector<KeyRow> keys;
    std::vector<TimerMark> timers;
  };

  base::Result<> open_identity();
  base::Result<> open_indexes();
  // The damaged and the missing are nothing; what cannot be read at all is an error.
  base::Result<std::shared_ptr<SegmentIndex>> try_open(LogOffset start, std::string_view suffix);
  base::Result<Start> choose_start();
  std::optional<Start> start_from_index(const Segment& segment) const;
  base::Result<std::optional<Start>> start_from_checkpoint(const Segment& segment);

  base::Result<> attach_sealed(const Start& start);
  // What the index of a segment says, read from its entries up to `until`.
  base::Result<IndexContent> rebuild(const Segment& segment, LogOffset until);
  base::Result<> load(const Start& start);
  boost::system::error_code does_not_fit();
  base::Result<> replay(const Start& start);
  // Applies the entries of one segment from `from` on.
  enum class Replayed { whole, ends_here };
  base::Result<Replayed> replay_segment(const Segment& segment, LogOffset from);
  base::Result<> check_end();
  base::Result<> apply(const Entry& entry, const Segment& segment);
  // A message entry or a delivery: what it says, and where its body is if not in it.
  struct Message {
    Record record;  // views into the entry, or into without_body_
    std::size_t size = 0;
    std::optional<LogOffset> holder;
  };
  base::Result<Message> decode_message(const Entry& entry);
  // Of the segment that holds `at`, or `at` where retention took that.
  [[nodiscard]] LogOffset segment_start(LogOffset at) const;
  // What a message's queue offset must be: a rebuilt index speaks of the past, a replay goes on.
  enum class Expected { next_of_queue, next_of_runs };
  base::Result<> apply_message(const Entry& entry, Projection& projection, Expected expected);
  base::Result<> check_queues();

  base::Result<> make_first_segment();
  base::Result<> cut_tail();
  base::Result<> check_spares();
  base::Result<> sync_tail(LogOffset from);
  base::Result<> wipe_end();
  base::Result<> collect_timers();
  [[nodiscard]] IndexJob::Task sealed_task(const Segment& segment);

  [[nodiscard]] boost::system::error_code refuse(boost::system::errc::errc_t error, std::string sentence);
  [[nodiscard]] std::string place(LogOffset at) const;

  Directory& directory_;
  const StoreOptions& options_;
  std::string& problem_;
  StoreFiles files_;
  std::optional<Checksum> checksum_;
  std::vector<std::shared_ptr<SegmentIndex>> indexes_;  // one for each segment, or nothing
  bool fresh_ = false;        // the log was made just now: nothing to look for in it
  bool closed_ = false;       // the checkpoint was written at a clean stop: nothing follows it
  base::Bytes without_body_;  // scratch
  Recovered found_;
};

}  // namespace mq::storage
