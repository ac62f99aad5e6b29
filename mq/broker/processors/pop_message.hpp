#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/group_table.hpp"
#include "mq/broker/pop/popper.hpp"
#include "mq/broker/pop/waiters.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/headers_pop.hpp"

namespace mq::broker {

// What the processors of this page work with (rocketmq-wire.md 4.11).
struct PopShared {
  const TopicTable& topics;
  GroupTable& groups;
  PopLedger& ledger;
  Popper& popper;
  PopWaiters& pops;           // that found nothing
  PopWaiters& notifications;  // likewise
};

// POP_MESSAGE (200050): messages of all queues of a topic, or of one, which are invisible to others of the
// group until they are acknowledged or their time is over.
class PopMessage {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kPopMessage;
  static constexpr std::string_view kName = "POP_MESSAGE";
  using Request = protocol::PopMessageRequest;
  using Response = protocol::PopMessageResponse;
  explicit PopMessage(const PopShared& shared) : shared_(shared) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  PopWaiters::Tried try_now(const PopQuery& query, const ReplyTo<Response>& reply, bool last);
  void answer(const PopQuery& query, const Popped& popped, std::int32_t code,
              const ReplyTo<Response>& reply) const;

  PopShared shared_;
  base::Bytes records_;  // scratch
};

// PEEK_MESSAGE (200052): what a pop would get, taken by nobody.
class PeekMessage {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kPeekMessage;
  static constexpr std::string_view kName = "PEEK_MESSAGE";
  using Request = protocol::PeekMessageRequest;
  using Response = protocol::PopMessageResponse;
  explicit PeekMessage(const PopShared& shared) : shared_(shared) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  PopShared shared_;
};

// NOTIFICATION (200054): waits until there is something to pop.
class Notification {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kNotification;
  static constexpr std::string_view kName = "NOTIFICATION";
  using Request = protocol::NotificationRequest;
  using Response = protocol::NotificationResponse;
  explicit Notification(const PopShared& shared) : shared_(shared) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  PopShared shared_;
};

// POLLING_INFO (200055): how many pops wait.
class PollingInfo {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kPollingInfo;
  static constexpr std::string_view kName = "POLLING_INFO";
  using Request = protocol::PollingInfoRequest;
  using Response = protocol::PollingInfoResponse;
  explicit PollingInfo(const PopShared& shared) : shared_(shared) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  PopShared shared_;
};

}  // namespace mq::broker
