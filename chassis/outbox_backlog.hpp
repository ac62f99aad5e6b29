#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "chassis/outbox.hpp"

namespace chassis {

// What the relay has in memory: rows read and not yet sent, by key; keys that are held back; rows sent
// whose delete is due. Decides what may be sent next; knows no database and no clock.
//
// Invariant: of one key at most one row is out (taken and not yet reported), and rows of a key are
// taken in id order, however sends fail and reads overlap.
class OutboxBacklog {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  struct Row {
    std::int64_t id = 0;
    OutgoingMessage message;
    base::Time created;  // real time
  };
  // The broker refused this message, or it gave no answer at all.
  enum class Failure { refused, unanswered };

  static constexpr std::size_t kRowsMax = 512;       // in memory, unsent
  static constexpr std::size_t kRowsPerKeyMax = 32;  // so that one busy key leaves room for others
  static constexpr std::size_t kHeldKeysMax = 1000;  // then nothing new is read until some are free

  // One read of the table: begin_read() names what it must leave out, load() takes what it found. Keys
  // that failed in between are left out again, else their later rows would overtake the failed one.
  struct ReadFilter {
    std::vector<std::int64_t> ids;
    std::vector<std::string> keys;
    std::size_t limit = 0;
  };
  ReadFilter begin_read(Instant now);
  void load(std::vector<Row> rows);

  // The next row that may go. Report it by one of the two calls below.
  std::optional<Row> take();
  void sent(const Row& row);
  void failed(const Row& row, Failure why, Instant now);

  // Rows sent and not yet deleted; forgotten when the delete has committed.
  [[nodiscard]] const std::set<std::int64_t>& sent_ids() const { return sent_; }
  void deleted(const std::vector<std::int64_t>& ids);

  void release_unanswered();  // the broker is back: their pauses end
  void clear();               // someone else relays now: forget what is neither out nor sent

  [[nodiscard]] std::size_t unsent() const { return unsent_; }  // in memory, taken ones included
  [[nodiscard]] std::size_t out() const { return out_; }
  [[nodiscard]] std::optional<base::Time> oldest() const;

 private:
  struct Lane {
    std::deque<Row> rows;  // in id order; the one that is out is not among them; none while held
    std::optional<Row> out;
    bool queued = false;   // in ready_
    Instant held_until{};  // since the last failure
    std::chrono::milliseconds pause{0};
    Failure why = Failure::refused;
  };

  void make_ready(const std::string& key, Lane& lane);
  Lane& finish(const Row& row);
  void drop_if_idle(const std::string& key);

  std::map<std::string, Lane> lanes_;
  std::deque<std::string> ready_;  // keys with rows and none out, in the order they became so
  std::set<std::int64_t> sent_;
  std::set<std::string> failed_since_read_;
  std::size_t unsent_ = 0;
  std::size_t out_ = 0;
};

}  // namespace chassis
