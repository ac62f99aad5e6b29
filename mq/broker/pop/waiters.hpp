#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mq/broker/durable_map.hpp"
#include "mq/model/names.hpp"
#include "mq/net/server.hpp"

namespace mq::broker {

// Requests of groups that wait for messages of a topic: pops that found nothing, notifications. An arrival in
// the topic or in the group's retry topic lets the first of each group try again; one that got its share and
// saw more lets the next one try.
//
// Invariant: each request is answered once, at its deadline at the latest.
// Thread rule: the hot thread. Times are steady.
class PopWaiters {
 public:
  using Now = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kHeldMax = 100'000;
  static constexpr std::size_t kHeldOfOneMax = 1024;  // group, topic and queue; as upstream

  enum class Tried {
    waits,             // nothing for it yet
    looks_on,          // nothing for it among those it could look at in one go
    answered,          // and nothing is left that others wait for
    answered_saw_more  // the next one may try
  };
  // With `last` it must answer.
  using Try = std::function<Tried(bool last)>;

  struct Place {
    std::string group;
    std::string topic;
    std::int32_t queue = -1;  // -1: any
  };
  // False: too many wait.
  bool hold(Place place, Now deadline, net::ConnectionKey connection, Try attempt);

  void arrived(const QueueId& queue);
  // Something changed for the group in that queue, of the topic or of its retry topic.
  void wake(std::string_view group, const QueueId& queue);
  void drop(net::ConnectionKey connection);

  // Lets those try that were woken, and answers those whose time is over, until `until`. True when some are
  // left.
  bool serve(Now now, Now until);
  void serve_all() { serve(Now::max(), Now::max()); }

  [[nodiscard]] std::optional<Now> next_deadline() const;
  [[nodiscard]] std::size_t size() const { return held_.size(); }
  [[nodiscard]] std::size_t waiting(std::string_view group, std::string_view topic, std::int32_t queue) const;

 private:
  using Id = std::uint64_t;
  struct Held {
    Place place;
    Now deadline;
    net::ConnectionKey connection;
    Try attempt;
    bool woken = false;
  };
  using Ids = std::vector<Id>;                // oldest first
  using Group = std::map<std::int32_t, Ids>;  // by the queue they want

  void wake_first(const Ids& ids);
  // Of each kind that this queue serves; nothing: of all kinds.
  void wake_first(const Group& group, std::optional<std::int32_t> queue);
  void wake_next(const Place& place);
  // Takes it out of everything but ready_, where a gone one is skipped.
  Held remove(Id id);
  [[nodiscard]] const Group* find_group(std::string_view group, std::string_view topic) const;

  Id last_id_ = 0;
  std::unordered_map<Id, Held> held_;
  TextMap<TextMap<Group>> topics_;                         // topic -> group -> who waits
  TextMap<std::pair<std::string, std::string>> retry_of_;  // retry topic -> group, topic
  std::set<std::pair<Now, Id>> deadlines_;
  std::set<std::pair<net::ConnectionKey, Id>> connections_;
  std::deque<Id> ready_;
};

}  // namespace mq::broker
