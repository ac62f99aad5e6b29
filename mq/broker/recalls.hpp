#pragma once
#include <set>

#include "mq/base/result.hpp"
#include "mq/broker/durable_map.hpp"
#include "mq/model/names.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// Timer messages that their producers took back and that are not due yet: metadata "recall/<offset>". When
// one is due, one entry of the log drops both the timer and what is kept here of it, so that no crash brings
// it back.
//
// Thread rule: the hot thread.
class Recalls {
 public:
  explicit Recalls(storage::MessageStore& store) : store_(store) {}

  void load(const Metadata& metadata);
  // Again is the same as once. The result is the log end to wait for.
  base::Result<LogOffset> add(LogOffset timer);
  [[nodiscard]] bool contains(LogOffset timer) const { return timers_.contains(timer); }
  // The timer is due: it is dropped instead of delivered. False: the log cannot take it now.
  bool drop(LogOffset timer);
  // The same for one that retention wants to go before it is due.
  bool drop(const storage::MessageStore::Held& timer);

 private:
  static std::string meta_key(LogOffset timer);

  storage::MessageStore& store_;
  std::set<LogOffset> timers_;
};

}  // namespace mq::broker
