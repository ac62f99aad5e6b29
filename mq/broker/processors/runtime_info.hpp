#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "mq/base/clock.hpp"
#include "mq/broker/answer.hpp"
#include "mq/broker/delay.hpp"
#include "mq/broker/stats.hpp"
#include "mq/broker/timers.hpp"
#include "mq/protocol/bodies_route.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// Share of the disk in use, 0 to 1; negative when unknown. Asked on the hot thread, so it must be cheap.
using DiskUse = std::function<double()>;

// GET_BROKER_RUNTIME_INFO (28): numbers for tools, under upstream's names. What has no counterpart here
// (thread pool queues, page cache locks) is 0: tools print it and some divide by nothing else.
class RuntimeInfo {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetBrokerRuntimeInfo;
  static constexpr std::string_view kName = "GET_BROKER_RUNTIME_INFO";
  using Request = NoHeader;
  using Response = NoHeader;
  struct Shared {  // what it works with
    const Stats& stats;
    const storage::MessageStore& store;
    const Timers& timers;
    const base::Clock& clock;
  };
  RuntimeInfo(const Shared& shared, DiskUse disk_use, DelayLevels levels)
      : shared_(shared),
        disk_use_(std::move(disk_use)),
        levels_(std::move(levels)),
        started_(std::chrono::steady_clock::now()),
        start_ms_(base::to_millis(shared.clock.now())) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  void put_identity(protocol::KVTable& info) const;
  void put_traffic(protocol::KVTable& info) const;
  void put_log(protocol::KVTable& info) const;
  void put_waiting(protocol::KVTable& info) const;
  void put_levels(protocol::KVTable& info) const;

  Shared shared_;
  DiskUse disk_use_;
  DelayLevels levels_;
  std::chrono::steady_clock::time_point started_;
  std::int64_t start_ms_;
};

}  // namespace mq::broker
