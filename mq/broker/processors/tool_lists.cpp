#include "mq/broker/processors/tool_lists.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mq/broker/processors/group_admin.hpp"
#include "mq/broker/processors/topic_admin.hpp"
#include "mq/broker/real_target.hpp"
#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"

namespace mq::broker {
namespace {

// "+a=1,-b" of {"+a": "1", "-b": ""}.
std::string changes_of(const std::map<std::string, std::string>& attributes) {
  std::string changes;
  for (const auto& [name, value] : attributes) {
    if (!changes.empty()) changes.push_back(',');
    changes.append(name);
    if (name.starts_with('+')) changes.append("=").append(value);
  }
  return changes;
}

// Puts one after the other, a slice at a time, and answers when the last is durable.
template <class Table, class Row>
void put_all(Table& table, std::vector<Row> rows, DurableWaits& waits, Slices& slices,
             const ReplyTo<NoHeader>& reply) {
  slices.add([&table, &waits, reply, rows = std::move(rows), at = std::size_t{0},
              end = LogOffset{0}](Slices::Now until) mutable {
    while (at < rows.size()) {
      const auto put = table.put(std::move(rows[at++]));
      if (!put) {
        reply(cannot_store(put.error()));
        return true;
      }
      end = std::max(end, *put);
      if (at < rows.size() && std::chrono::steady_clock::now() >= until) return false;
    }
    waits.when_durable(end, [reply] { reply(done()); });
    return true;
  });
}

// The place in an offset message id: 16 digits of address and port, then 16 of the log offset.
std::optional<LogOffset> place_in(std::string_view id) {
  if (id.size() != 32) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : id.substr(16)) {
    const auto found =
        std::string_view("0123456789ABCDEF").find(digit >= 'a' ? static_cast<char>(digit - 32) : digit);
    if (found == std::string_view::npos) return std::nullopt;
    value = value << 4 | found;
  }
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return LogOffset{static_cast<std::int64_t>(value)};
}

bool is_listed(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (list.substr(0, comma) == name) return true;
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return false;
}

}  // namespace

void CreateTopicList::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  auto topics = request.body.topics;
  for (auto& topic : topics) {
    if (auto refused = check_topic(topics_, topic); refused.code != response_code::kSuccess)
      return reply(refused);
    const auto changes = changes_of(std::exchange(topic.attributes, {}));
    if (const auto* before = topics_.find(topic.topic)) topic.attributes = before->attributes;
    if (!change_attributes(topic.attributes, changes)) {
      return reply(refuse(response_code::kSystemError, "unknown or misspelt topic attribute in " + changes));
    }
  }
  put_all(topics_, std::move(topics), waits_, slices_, reply);
}

void CreateGroupList::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  for (const auto& group : request.body.groups) {
    if (auto refused = check_group(group); refused.code != response_code::kSuccess) return reply(refused);
  }
  put_all(groups_, request.body.groups, waits_, slices_, reply);
}

Answer<> AllConsumerOffsets::operator()(const Request&, const Caller&) {
  protocol::ConsumerOffsetTable table;
  offsets_.each([&table](const std::string& group, const QueueId& queue, QueueOffset offset) {
    table.offsets[queue.topic + "@" + group][queue.queue] = offset.value();
  });
  return with_body(table);
}

Answer<> CorrectionOffsets::operator()(const Request& request, const Caller&) {
  protocol::QueryCorrectionOffsetBody body;
  std::map<std::int64_t, std::int64_t> compared;
  offsets_.each([&](const std::string& group, const QueueId& queue, QueueOffset offset) {
    if (queue.topic != request.topic || is_listed(request.filter_groups, group)) return;
    if (group == request.compare_group) compared[queue.queue] = offset.value();
    if (offset < store_.min_offset(queue)) return;
    const auto [least, added] = body.offsets.emplace(queue.queue, offset.value());
    if (!added) least->second = std::min(least->second, offset.value());
  });
  for (const auto& [queue, offset] : compared) {
    const auto least = body.offsets.find(queue);
    if (least != body.offsets.end() && least->second > offset) {
      least->second = std::numeric_limits<std::int64_t>::max();
    }
  }
  return with_body(body);
}

void ResumeHalfMessage::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto no = [&reply](const std::string& why) {
    reply(refuse(response_code::kSystemError, "Put message back to RMQ_SYS_TRANS_HALF_TOPIC failed: " + why));
  };
  const auto at = place_in(request.msg_id);
  if (!at) return no("the message id is not an offset id");
  base::Bytes bytes;
  const auto read = store_.read_record(*at, bytes);
  const auto decoded = read ? decode_record(bytes) : base::Result<DecodedRecord>(read.error());
  if (!decoded) return no("there is no such message");
  auto record = decoded->record;
  if (record.topic != kParkedTopic) return no("the message does not stand in TRANS_CHECK_MAX_TIME_TOPIC");
  const auto target = real_target(record.properties);
  if (!target) return no("the message does not say where it was meant to go");
  std::string properties(record.properties);
  set_property(properties, property::kCheckTimes, "0");
  record.topic = target->topic;
  record.queue = target->queue;
  const auto written = writer_.write_half(record, properties);
  if (written.refused.code != response_code::kSuccess) return reply(written.refused);
  waits_.when_durable(written.appended.end, [reply] { reply(done()); });
}

void GroupForbidden::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  LogOffset until{0};
  if (request.readable) {
    if (!is_valid_group(request.group) || !is_valid_topic(request.topic)) {
      return reply(refuse(response_code::kInvalidParameter, "the group or the topic has no valid name"));
    }
    const auto changed = groups_.forbid(request.group, request.topic, !*request.readable);
    if (!changed) return reply(cannot_store(changed.error()));
    until = *changed;
  }
  protocol::GroupForbidden body;
  body.group = request.group;
  body.topic = request.topic;
  body.readable = !groups_.is_forbidden(request.group, request.topic);
  waits_.when_durable(until, [reply, body] { reply(with_body(body)); });
}

}  // namespace mq::broker
