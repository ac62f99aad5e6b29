#pragma once
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/protocol/headers_offset.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// GET_MAX_OFFSET (30): the offset the next durable message will get. Unknown queue: 0.
class GetMaxOffset {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetMaxOffset;
  static constexpr std::string_view kName = "GET_MAX_OFFSET";
  using Request = protocol::GetMaxOffsetRequest;
  using Response = protocol::GetMaxOffsetResponse;
  explicit GetMaxOffset(const storage::MessageStore& store) : store_(store) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  const storage::MessageStore& store_;
};

// GET_MIN_OFFSET (31): the first offset that still exists. Unknown queue: 0.
class GetMinOffset {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetMinOffset;
  static constexpr std::string_view kName = "GET_MIN_OFFSET";
  using Request = protocol::GetMinOffsetRequest;
  using Response = protocol::GetMinOffsetResponse;
  explicit GetMinOffset(const storage::MessageStore& store) : store_(store) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  const storage::MessageStore& store_;
};

// SEARCH_OFFSET_BY_TIMESTAMP (29).
class SearchOffset {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kSearchOffsetByTimestamp;
  static constexpr std::string_view kName = "SEARCH_OFFSET_BY_TIMESTAMP";
  using Request = protocol::SearchOffsetByTimestampRequest;
  using Response = protocol::SearchOffsetByTimestampResponse;
  explicit SearchOffset(const storage::MessageStore& store) : store_(store) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  const storage::MessageStore& store_;
};

// GET_EARLIEST_MSG_STORETIME (32): of the message at the min offset; -1 when there is none.
class GetEarliestStoreTime {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetEarliestStoreTime;
  static constexpr std::string_view kName = "GET_EARLIEST_MSG_STORETIME";
  using Request = protocol::GetEarliestStoreTimeRequest;
  using Response = protocol::GetEarliestStoreTimeResponse;
  explicit GetEarliestStoreTime(const storage::MessageStore& store) : store_(store) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  const storage::MessageStore& store_;
};

}  // namespace mq::broker
