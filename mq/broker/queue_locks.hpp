#pragma once
#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "mq/broker/durable_map.hpp"
#include "mq/model/names.hpp"

namespace mq::broker {

// Which client of a group may consume a queue in order (rocketmq-wire.md 4.10). A lock that was not
// renewed for 60 s is free; a connection that closes keeps its locks, because a client that comes
// back within that time still has messages in its hands.
//
// Thread rule: the hot thread. Times are steady: a jump of the business clock must not free a lock.
class QueueLocks {
 public:
  using Now = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kLife{60};

  // Takes or renews; false while another client holds it.
  bool lock(std::string_view group, const QueueId& queue, std::string_view client, Now now);
  // Gives up the client's own lock; another's stays.
  void unlock(std::string_view group, const QueueId& queue, std::string_view client);
  // True while any queue of the group is locked: its consumers are orderly ones.
  [[nodiscard]] bool any_held(std::string_view group, Now now) const;
  void remove_group(std::string_view group);

 private:
  struct Lock {
    std::string client;
    Now renewed;
  };
  TextMap<std::map<QueueId, Lock>> groups_;
};

}  // namespace mq::broker
