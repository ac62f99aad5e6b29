// What a fake broker does with a request when no script says otherwise.
#include "mq/client/fake_cluster.hpp"
#include "mq/model/batch.hpp"
#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"
#include "mq/protocol/bodies.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

namespace mq::client::testing {
namespace asio = boost::asio;
namespace code = protocol::request_code;
namespace response = protocol::response_code;

namespace {
template <class Header>
Header read(const protocol::Command& request) {
  std::string problem;
  auto header = protocol::decode_header<Header>(request, &problem);
  if (!header) throw std::runtime_error("code " + std::to_string(request.code) + ": " + problem);
  return std::move(*header);
}

protocol::Command refused(std::int32_t with) {
  protocol::Command answer;
  answer.code = with;
  answer.remark = "refused";
  return answer;
}

// Log offsets are made up so that a send-back finds its message: queue offset, queue and topic.
std::int64_t log_offset(std::int64_t offset) { return offset * 1000; }

Host store_host(const std::string& address) { return parse_host(address).value_or(Host{}); }

void append_record(std::string& body, const FakeBroker::Stored& stored, std::int32_t queue,
                   std::int64_t offset, const std::string& address) {
  Record record;
  record.topic = stored.topic;
  record.queue = queue;
  record.queue_offset = QueueOffset{offset};
  record.log_offset = LogOffset{log_offset(offset)};
  record.body = base::bytes_of(stored.body);
  record.properties = stored.properties;
  record.sys_flag = stored.sys_flag;
  record.flag = stored.flag;
  record.reconsume_times = stored.reconsume_times;
  record.store_host = store_host(address);
  base::Bytes bytes(encoded_size(record));
  encode_record(record, bytes.data());
  body.append(base::text_of(bytes));
}
}  // namespace

asio::awaitable<protocol::Command> FakeBroker::usual(std::shared_ptr<Session> session,
                                                     protocol::Command request) {
  protocol::Command answer;
  switch (request.code) {
    case code::kGetRouteInfoByTopic: {
      const auto topic = read<protocol::GetRouteInfoByTopicRequest>(request).topic;
      answer.body = cluster_.route_body(topic);
      if (answer.body.empty()) answer.code = response::kTopicNotExist;
      co_return answer;
    }
    case code::kSendMessageV2:
    case code::kSendBatchMessage:
      co_return send(request);
    case code::kPullMessage:
      co_return co_await pull(std::move(request));
    case code::kConsumerSendMsgBack:
      co_return send_back(request);
    case code::kHeartBeat:
      co_return heartbeat(session, request);
    case code::kUnregisterClient: {
      const auto header = read<protocol::UnregisterClientRequest>(request);
      if (!header.consumer_group.empty()) leave(session, header.consumer_group);
      co_return answer;
    }
    case code::kGetConsumerListByGroup: {
      const auto ids = members()[read<protocol::GetConsumerListByGroupRequest>(request).consumer_group];
      if (ids.empty()) co_return refused(response::kSystemError);
      answer.body = protocol::encode_body(protocol::ConsumerIds{{ids.begin(), ids.end()}});
      co_return answer;
    }
    case code::kLockBatchMq:
    case code::kUnlockBatchMq:
      co_return lock(request);
    case code::kGetTopicStatsInfo:
      co_return topic_stats(request);
    default:
      co_return offset_answer(request);
  }
}

protocol::Command FakeBroker::heartbeat(const std::shared_ptr<Session>& session,
                                        const protocol::Command& request) {
  const auto data = protocol::decode_body<protocol::HeartbeatData>(request.body).value();
  for (const auto& consumer : data.consumers) {
    cluster_.topics.emplace(retry_topic(consumer.group), 1);
    if (session->groups.emplace(consumer.group, data.client_id).second) members_changed(consumer.group);
  }
  return {};
}

protocol::Command FakeBroker::send(const protocol::Command& request) {
  const auto header = read<protocol::SendMessageV2Request>(request);
  if (!cluster_.topics.contains(header.topic)) {
    if (!cluster_.creates_topics || header.default_topic != kAutoCreateTopic)
      return refused(response::kTopicNotExist);
    cluster_.topics[header.topic] = header.default_topic_queue_nums;
  }
  std::vector<Stored> stored;
  if (header.batch) {
    const auto items = decode_batch(base::bytes_of(request.body));
    for (const auto& item : items.value()) {
      stored.push_back(
          {{}, std::string(base::text_of(item.body)), std::string(item.properties), 0, item.flag, 0});
    }
  } else {
    stored.push_back(
        {{}, request.body, header.properties, header.sys_flag, header.flag, header.reconsume_times});
  }
  protocol::SendMessageResponse answer;
  answer.queue = header.queue;
  for (auto& message : stored) {
    const auto offset = append(header.topic, header.queue, std::move(message));
    if (answer.msg_id.empty()) {
      answer.queue_offset = offset;
    } else {
      answer.msg_id += ",";
    }
    answer.msg_id += offset_message_id(store_host(address()), LogOffset{log_offset(offset)});
  }
  protocol::Command command;
  protocol::encode_header(answer, command);
  return command;
}

protocol::Command FakeBroker::send_back(const protocol::Command& request) {
  const auto header = read<protocol::ConsumerSendMsgBackRequest>(request);
  // The made-up log offsets do not name the queue; tests of retries use one queue per topic.
  for (const auto& topic : {header.origin_topic, retry_topic(header.group)}) {
    const auto found = messages.find({topic, 0});
    const auto at = static_cast<std::size_t>(header.log_offset / 1000);
    if (found == messages.end() || at >= found->second.size()) continue;
    auto copy = found->second[at];
    if (topic != retry_topic(header.group) &&
        find_property(copy.properties, property::kUniqueKey) != header.origin_msg_id)
      continue;
    set_property(copy.properties, property::kRetryTopic, header.origin_topic);
    const bool dead =
        header.delay_level < 0 || copy.reconsume_times >= header.max_reconsume_times.value_or(16);
    ++copy.reconsume_times;
    const auto target = dead ? dead_letter_topic(header.group) : retry_topic(header.group);
    append(target, 0, std::move(copy));
    return {};
  }
  return refused(response::kSystemError);
}

asio::awaitable<protocol::Command> FakeBroker::pull(protocol::Command request) {
  const auto header = read<protocol::PullMessageRequest>(request);
  const Queue queue{header.topic, header.queue};
  if (pulls_refused.contains(header.topic)) co_return refused(response::kSystemError);
  const bool brings_subscription = (header.sys_flag & protocol::pull_flag::kSubscription) != 0;
  if (!brings_subscription && !members().contains(header.consumer_group)) {
    co_return refused(response::kSubscriptionNotExist);
  }
  if ((header.sys_flag & protocol::pull_flag::kCommitOffset) != 0) {
    commit(header.consumer_group, queue, header.commit_offset);
  }
  const auto until = base::deadline_in(std::chrono::milliseconds(header.suspend_ms));
  const auto begin = static_cast<std::size_t>(header.queue_offset);
  while (messages[queue].size() == begin && std::chrono::steady_clock::now() < until)
    co_await arrived_.wait(until);

  const auto& stored = messages[queue];
  protocol::PullMessageResponse answer;
  answer.max_offset = static_cast<std::int64_t>(stored.size());
  answer.next_begin_offset = header.queue_offset;
  protocol::Command command;
  if (begin > stored.size()) {
    command.code = response::kPullOffsetMoved;
    answer.next_begin_offset = answer.max_offset;
  } else if (begin == stored.size()) {
    command.code = response::kPullNotFound;
  } else {
    const auto end = std::min(stored.size(), begin + static_cast<std::size_t>(header.max_count));
    for (auto at = begin; at < end; ++at) {
      append_record(command.body, stored[at], header.queue, static_cast<std::int64_t>(at), address());
    }
    answer.next_begin_offset = static_cast<std::int64_t>(end);
  }
  protocol::encode_header(answer, command);
  co_return command;
}

protocol::Command FakeBroker::lock(const protocol::Command& request) {
  const auto body = protocol::decode_body<protocol::LockBatchRequest>(request.body).value();
  protocol::LockBatchResponse granted;
  for (const auto& queue : body.queues) {
    const std::pair key{body.consumer_group, Queue{queue.topic, queue.queue}};
    if (request.code == code::kUnlockBatchMq) {
      const auto held = locks.find(key);
      if (held != locks.end() && held->second == body.client_id) locks.erase(held);
    } else if (locks.emplace(key, body.client_id).first->second == body.client_id) {
      granted.locked.push_back(queue);
    }
  }
  protocol::Command answer;
  if (request.code == code::kLockBatchMq) answer.body = protocol::encode_body(granted);
  return answer;
}

protocol::Command FakeBroker::topic_stats(const protocol::Command& request) {
  const auto topic = read<protocol::GetTopicStatsInfoRequest>(request).topic;
  const auto known = cluster_.topics.find(topic);
  if (known == cluster_.topics.end()) return refused(response::kTopicNotExist);
  protocol::TopicStatsTable table;
  for (std::int32_t queue = 0; queue < known->second; ++queue) {
    const auto end = static_cast<std::int64_t>(messages[{topic, queue}].size());
    table.offsets[{topic, name_, queue}] = {0, end, 0};
  }
  protocol::Command answer;
  answer.body = protocol::encode_body(table);
  return answer;
}

protocol::Command FakeBroker::offset_answer(const protocol::Command& request) {
  protocol::QueryConsumerOffsetResponse answer;
  switch (request.code) {
    case code::kQueryConsumerOffset: {
      const auto header = read<protocol::QueryConsumerOffsetRequest>(request);
      const auto found = offsets.find({header.consumer_group, {header.topic, header.queue}});
      if (found == offsets.end()) return refused(response::kQueryNotFound);
      answer.offset = found->second;
      break;
    }
    case code::kUpdateConsumerOffset: {
      const auto header = read<protocol::UpdateConsumerOffsetRequest>(request);
      commit(header.consumer_group, {header.topic, header.queue}, header.commit_offset);
      return {};
    }
    case code::kGetMinOffset:
      break;
    case code::kGetMaxOffset: {
      const auto header = read<protocol::GetMaxOffsetRequest>(request);
      answer.offset = static_cast<std::int64_t>(messages[{header.topic, header.queue}].size());
      break;
    }
    default:
      return refused(response::kRequestCodeNotSupported);
  }
  protocol::Command command;
  protocol::encode_header(answer, command);
  return command;
}

}  // namespace mq::client::testing
