#include "mq/broker/processors/topic_admin.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <string>

#include "mq/broker/piecewise_body.hpp"
#include "mq/broker/pop/receipt.hpp"
#include "mq/model/names.hpp"

namespace mq::broker {
namespace {

constexpr std::int32_t kQueuesMax = 10'000;
constexpr std::array<std::string_view, 3> kAttributeNames{"message.type", "cleanup.policy", "queue.type"};

}  // namespace

bool change_attributes(std::map<std::string, std::string>& attributes, std::string_view changes) {
  while (!changes.empty()) {
    const auto comma = changes.find(',');
    auto change = changes.substr(0, comma);
    changes = comma == std::string_view::npos ? std::string_view{} : changes.substr(comma + 1);
    if (change.size() < 2 || (change[0] != '+' && change[0] != '-')) return false;
    const bool add = change[0] == '+';
    change.remove_prefix(1);
    const auto equals = change.find('=');
    const auto name = change.substr(0, equals);
    if (std::ranges::find(kAttributeNames, name) == kAttributeNames.end()) return false;
    if (add != (equals != std::string_view::npos)) return false;
    if (add) {
      attributes[std::string(name)] = change.substr(equals + 1);
    } else {
      attributes.erase(std::string(name));
    }
  }
  return true;
}

Verdict check_topic(const TopicTable& topics, const TopicConfig& topic) {
  const auto bad = [](std::string why) { return refuse(response_code::kInvalidParameter, std::move(why)); };
  if (!is_valid_topic(topic.topic)) {
    return bad("The specified topic is blank, too long or has characters other than %|a-zA-Z0-9_-");
  }
  if (topics.is_system(topic.topic)) {
    return bad("The topic[" + topic.topic + "] is conflict with system topic.");
  }
  const auto in_range = [](std::int32_t queues) { return queues >= 1 && queues <= kQueuesMax; };
  if (!in_range(topic.read_queues) || !in_range(topic.write_queues)) {
    return bad("readQueueNums and writeQueueNums must be 1 to " + std::to_string(kQueuesMax));
  }
  if (topic.perm < 0 || topic.perm > 15) return bad("perm must be 0 to 15");
  return {};
}

void CreateTopic::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  TopicConfig topic;
  topic.topic = request.topic;
  topic.read_queues = request.read_queues;
  topic.write_queues = request.write_queues;
  topic.perm = request.perm;
  topic.filter_type = request.filter_type.empty() ? "SINGLE_TAG" : request.filter_type;
  topic.topic_sys_flag = request.topic_sys_flag;
  topic.order = request.order;
  if (auto refused = check_topic(topics_, topic); refused.code != response_code::kSuccess)
    return reply(refused);
  if (const auto* before = topics_.find(request.topic)) topic.attributes = before->attributes;
  if (!change_attributes(topic.attributes, request.attributes)) {
    return reply(
        refuse(response_code::kSystemError, "unknown or misspelt topic attribute in " + request.attributes));
  }
  const auto until = topics_.put(std::move(topic));
  if (!until) return reply(cannot_store(until.error()));
  waits_.when_durable(*until, [reply] { reply(done()); });
}

base::Result<LogOffset> DeleteTopic::remove(const std::string& topic) {
  const auto until = shared_.topics.remove(topic);
  if (!until) return until;
  shared_.stats.forget_topic(topic);
  shared_.pops.remove_topic(topic);
  shared_.offsets.remove_topic(topic);
  return until;
}

void DeleteTopic::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  if (request.topic.empty()) {
    return reply(refuse(response_code::kInvalidParameter, "The specified topic is blank."));
  }
  if (shared_.topics.is_system(request.topic)) {
    return reply(refuse(response_code::kInvalidParameter,
                        "The topic[" + request.topic + "] is conflict with system topic."));
  }
  for (const auto& group : shared_.offsets.groups_of(request.topic)) {
    const auto retries = pop_retry_topic(group, request.topic);
    if (shared_.topics.find(retries) == nullptr) continue;
    if (const auto removed = remove(retries); !removed) return reply(cannot_store(removed.error()));
  }
  const auto until = remove(request.topic);
  if (!until) return reply(cannot_store(until.error()));
  // Not with the next regular write: an offset that outlived a crash would have its group pass over the first
  // messages of a topic that comes back.
  const auto forgotten = shared_.offsets.flush_all();
  if (!forgotten) return reply(cannot_store(forgotten.error()));
  shared_.waits.when_durable(std::max(*until, *forgotten), [reply] { reply(done()); });
}

Answer<> GetTopicConfig::operator()(const Request& request, const Caller&) {
  const auto* topic = topics_.find_durable(request.topic);
  if (topic == nullptr) {
    return refuse(response_code::kTopicNotExist, "No topic in this broker. topic: " + request.topic);
  }
  return with_body(*topic);
}

void GetAllTopicConfig::operator()(const Request&, const Caller&, const ReplyTo<Response>& reply) {
  using Wrapper = protocol::TopicConfigSerializeWrapper;
  slices_.add([this, reply, last = std::string(), response = Response{},
               text = PiecewiseBody<Wrapper>("topicConfigTable")](Slices::Now until) mutable {
    while (const auto next = topics_.next(last)) {
      last = next->first;
      Wrapper one;
      one.topics.emplace(last, *next->second);
      text.add(one);
      ++response.total;
      if (std::chrono::steady_clock::now() >= until) return false;
    }
    Wrapper rest;
    rest.data_version = topics_.version();
    reply(Answer<Response>(response, text.text(rest)));
    return true;
  });
}

}  // namespace mq::broker
