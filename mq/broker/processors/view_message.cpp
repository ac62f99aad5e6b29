#include "mq/broker/processors/view_message.hpp"

#include <algorithm>
#include <string>

#include "mq/base/bytes.hpp"
#include "mq/model/record.hpp"

namespace mq::broker {

Answer<> ViewMessage::operator()(const Request& request, const Caller& caller) {
  base::Bytes record;
  if (const auto read = store_.read_record(LogOffset{request.log_offset}, record); !read) {
    return refuse(response_code::kSystemError,
                  "can not find message by the offset, " + std::to_string(request.log_offset));
  }
  const auto decoded = decode_record(record);
  if (caller.account != nullptr && !(decoded && caller.may(decoded->record.topic, acl::action::kGet))) {
    return refuse(response_code::kNoPermission, "the message at that offset is of a topic you may not read");
  }
  return {NoHeader{}, std::string(base::text_of(record))};
}

Answer<protocol::QueryMessageResponse> QueryMessage::operator()(const Request& request, const Caller&) {
  const auto count = request.unique_key ? kUniqueCountMax : std::clamp(request.max_count, 1, kCountMax);
  const auto found = store_.find_key(request.topic, request.key, request.begin_ms, request.end_ms,
                                     static_cast<std::size_t>(count));
  if (!found) {
    return refuse(response_code::kSystemError, "the key index cannot be read: " + found.error().message());
  }
  Response response;
  base::Bytes records;
  for (const auto at : *found) {
    const auto before = records.size();
    if (!store_.read_record(at, records)) {
      records.resize(before);
      continue;
    }
    const auto store_ms = base::load_big<std::int64_t>(records.data() + before + kRecordStoreTimeAt);
    response.index_last_update_ms = std::max(response.index_last_update_ms, store_ms);
    response.index_last_update_log_offset = std::max(response.index_last_update_log_offset, at.value());
    if (records.size() > kBytesMax) break;
  }
  if (records.empty()) {
    Answer<Response> nothing(response);
    nothing.verdict =
        refuse(response_code::kQueryNotFound, "can not find message, maybe time range not correct");
    return nothing;
  }
  return {response, std::string(base::text_of(records))};
}

}  // namespace mq::broker
