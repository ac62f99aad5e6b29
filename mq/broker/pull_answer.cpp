#include "mq/broker/pull_answer.hpp"

namespace mq::broker {

std::int32_t code_of(const PullResult& result, QueueOffset asked) {
  switch (result.status) {
    case PullStatus::found:
      return response_code::kSuccess;
    case PullStatus::no_matched_message:
    case PullStatus::message_was_removing:
      return response_code::kPullRetryImmediately;
    case PullStatus::no_message_in_queue:
      return asked == QueueOffset{0} ? response_code::kPullNotFound : response_code::kPullOffsetMoved;
    case PullStatus::offset_overflow_one:
      return response_code::kPullNotFound;
    case PullStatus::offset_overflow_badly:
    case PullStatus::offset_too_small:
    case PullStatus::offset_reset:
      return response_code::kPullOffsetMoved;
    case PullStatus::unreadable:
      return response_code::kSystemError;
  }
  return response_code::kSystemError;
}

void answer_pull(const PullReply& reply, const PullResult& result, QueueOffset asked,
                 base::BytesView records) {
  protocol::PullMessageResponse header;
  header.next_begin_offset = result.next.value();
  header.min_offset = result.min.value();
  header.max_offset = result.max.value();
  header.topic_sys_flag = 0;
  header.group_sys_flag = 0;
  reply(Verdict{code_of(result, asked), std::string(name_of(result.status))}, header, records);
}

}  // namespace mq::broker
