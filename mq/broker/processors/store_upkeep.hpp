#pragma once
#include <array>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/protocol/bodies_admin.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// CLEAN_EXPIRED_CONSUMEQUEUE (306), CLEAN_UNUSED_TOPIC (316), DELETE_EXPIRED_COMMITLOG (329): done already.
// Old segments go as soon as they are old enough, with everything that speaks of them.
class CleanUp {
 public:
  static constexpr std::array kCodes{protocol::request_code::kCleanExpiredConsumeQueue,
                                     protocol::request_code::kCleanUnusedTopic,
                                     protocol::request_code::kDeleteExpiredCommitLog};
  static constexpr std::string_view kName = "CLEAN_UP";
  using Request = NoHeader;
  using Response = NoHeader;
  Answer<> operator()(const Request&, const Caller&) { return done(); }
};

// GET_BROKER_HA_STATUS (907): this broker is a master, and has no replicas.
class HaStatus {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetBrokerHaStatus;
  static constexpr std::string_view kName = "GET_BROKER_HA_STATUS";
  using Request = NoHeader;
  using Response = NoHeader;
  explicit HaStatus(const storage::MessageStore& store) : store_(store) {}
  Answer<> operator()(const Request&, const Caller&) {
    protocol::HaRuntimeInfo info;
    info.max_log_offset = store_.durable().value();
    return with_body(info);
  }

 private:
  const storage::MessageStore& store_;
};

}  // namespace mq::broker
