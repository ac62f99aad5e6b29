#pragma once
#include <cstdint>
#include <string>
#include <vector>

// Bodies of our own: what a broker keeps back until its time, or until its producer has decided
// (docs/compatibility.md).
namespace mq::protocol {

// Code 30001, our own.
struct DelayedMessage {
  std::int64_t due_ms = 0;
  std::string keys{};
  std::int64_t log_offset = 0;  // of the record that waits
  bool recalled = false;        // taken back: it will be dropped when it is due
  std::int32_t size = 0;
  std::int64_t store_ms = 0;
  std::string topic{};  // where it goes
  std::string unique_key{};
  friend bool operator==(const DelayedMessage&, const DelayedMessage&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("dueTime", self.due_ms);
    v.field("keys", self.keys);
    v.field("logOffset", self.log_offset);
    v.field("recalled", self.recalled);
    v.field("size", self.size);
    v.field("storeTimestamp", self.store_ms);
    v.field("topic", self.topic);
    v.field("uniqKey", self.unique_key);
  }
};
struct DelayedMessages {
  std::vector<DelayedMessage> messages{};
  std::int64_t now_ms = 0;  // on the broker's clock
  std::int64_t total = 0;   // that wait
  friend bool operator==(const DelayedMessages&, const DelayedMessages&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("messages", self.messages);
    v.field("now", self.now_ms);
    v.field("total", self.total);
  }
};

// Code 30002, our own.
struct HalfMessage {
  std::int32_t checks = 0;  // sent since the broker's start
  std::string keys{};
  std::int64_t log_offset = 0;
  std::int64_t next_check_in_ms = 0;
  std::string producer_group{};
  std::int64_t store_ms = 0;
  std::string topic{};
  std::string unique_key{};
  friend bool operator==(const HalfMessage&, const HalfMessage&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("checkTimes", self.checks);
    v.field("keys", self.keys);
    v.field("logOffset", self.log_offset);
    v.field("nextCheckInMs", self.next_check_in_ms);
    v.field("producerGroup", self.producer_group);
    v.field("storeTimestamp", self.store_ms);
    v.field("topic", self.topic);
    v.field("uniqKey", self.unique_key);
  }
};
struct HalfMessages {
  std::vector<HalfMessage> messages{};
  std::int64_t now_ms = 0;
  std::int64_t total = 0;
  friend bool operator==(const HalfMessages&, const HalfMessages&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("messages", self.messages);
    v.field("now", self.now_ms);
    v.field("total", self.total);
  }
};

}  // namespace mq::protocol
