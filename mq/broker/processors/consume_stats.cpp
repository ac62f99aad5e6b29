#include "mq/broker/processors/consume_stats.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "mq/broker/piecewise_body.hpp"
#include "mq/broker/store_time.hpp"
#include "mq/protocol/json_text.hpp"

namespace mq::broker {
namespace {

using OneStats = PiecewiseBody<protocol::ConsumeStats>;

std::string json_string(std::string_view text) {
  std::string quoted;
  protocol::append_quoted(quoted, text);
  return quoted;
}

bool is_over(Slices::Now until) { return std::chrono::steady_clock::now() >= until; }

}  // namespace

std::vector<ConsumeStats::Consumed> ConsumeStats::topics_of(const Request& request) const {
  const auto* online = shared_.clients.find_consumers(request.consumer_group);
  std::set<std::string> names;
  if (!request.topic.empty()) {
    names.insert(request.topic);
  } else {
    for (auto& topic : shared_.offsets.topics_of(request.consumer_group)) names.insert(std::move(topic));
    if (online != nullptr) {
      for (const auto& [topic, subscription] : online->subscriptions) names.insert(topic);
    }
  }
  std::vector<Consumed> topics;
  for (const auto& name : names) {
    const auto* topic = shared_.topics.find_durable(name);
    if (topic == nullptr) continue;
    if (request.topic.empty() && online != nullptr && !online->subscriptions.contains(name)) continue;
    topics.push_back({name, topic->read_queues, topic->order});
  }
  return topics;
}

protocol::ConsumeOffset ConsumeStats::position(const std::string& group, const QueueId& queue) const {
  protocol::ConsumeOffset position;
  const auto consumed = shared_.offsets.find(group, queue).value_or(QueueOffset{0});
  const auto pulled = shared_.offsets.find_pulled(group, queue).value_or(consumed);
  position.broker_offset = shared_.store.max_offset(queue).value();
  position.consumer_offset = consumed.value();
  position.pull_offset = std::max(consumed, pulled).value();
  position.last_ms = store_time_of(shared_.store, queue, QueueOffset{consumed.value() - 1}).value_or(0);
  return position;
}

void ConsumeStats::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  shared_.slices.add([this, reply, group = request.consumer_group, topics = topics_of(request),
                      done_topics = std::size_t{0}, queue = std::int32_t{0}, tps = 0.0,
                      text = OneStats("offsetTable")](Slices::Now until) mutable {
    for (; done_topics < topics.size(); ++done_topics, queue = 0) {
      const auto& topic = topics[done_topics];
      while (queue < topic.queues) {
        protocol::ConsumeStats one;
        const QueueId id{topic.topic, queue++};
        one.offsets.emplace(MessageQueue{id.topic, broker_, id.queue}, position(group, id));
        text.add(one);
        if (is_over(until)) return false;
      }
      tps += shared_.stats.group_get_tps(group, topic.topic);
    }
    protocol::ConsumeStats rest;
    rest.consume_tps = tps;
    reply(Answer<>(NoHeader{}, text.text(rest)));
    return true;
  });
}

// Where the walk over all groups stands: in the middle of a queue's topic of a group. What was deleted
// meanwhile is passed over, what was made may be there or not.
class BrokerConsumeStats::Walk {
 public:
  Walk(const BrokerConsumeStats& shared, bool order, const ReplyTo<NoHeader>& reply)
      : shared_(shared), order_(order), reply_(reply) {}

  bool run(Slices::Now until) {
    do {
      if (group_.empty() ? !next_group() : !next_queue()) return finish();
    } while (!is_over(until));
    return false;
  }

 private:
  bool next_group() {
    const auto next = shared_.groups_.next(last_group_);
    if (!next) return false;
    group_ = next->first;
    last_group_ = group_;
    protocol::GetConsumeStatsRequest request;
    request.consumer_group = group_;
    topics_ = shared_.of_one_.topics_of(request);
    if (order_) std::erase_if(topics_, [](const auto& topic) { return !topic.order; });
    topic_ = 0;
    queue_ = 0;
    stats_.clear();
    return true;
  }
  // A queue of the group, or the end of one of its topics, or of itself.
  bool next_queue() {
    if (topic_ == topics_.size()) {
      if (!stats_.empty()) text_.add_text("{" + json_string(group_) + ":[" + stats_ + "]}");
      group_.clear();
      return true;
    }
    const auto& topic = topics_[topic_];
    if (queue_ == topic.queues) {
      end_topic(topic.topic);
      return true;
    }
    const QueueId id{topic.topic, queue_++};
    const auto position = shared_.of_one_.position(group_, id);
    rest_.total_diff += position.broker_offset - position.consumer_offset;
    rest_.total_inflight_diff += position.pull_offset - position.consumer_offset;
    protocol::ConsumeStats one;
    one.offsets.emplace(MessageQueue{id.topic, shared_.of_one_.broker_, id.queue}, position);
    offsets_.add(one);
    return true;
  }
  void end_topic(const std::string& topic) {
    protocol::ConsumeStats rest;
    rest.consume_tps = shared_.of_one_.shared_.stats.group_get_tps(group_, topic);
    if (!stats_.empty()) stats_.push_back(',');
    stats_ += offsets_.text(rest);
    offsets_ = OneStats("offsetTable");
    ++topic_;
    queue_ = 0;
  }
  bool finish() {
    rest_.broker_address = shared_.address_;
    reply_(Answer<>(NoHeader{}, text_.text(rest_)));
    return true;
  }

  const BrokerConsumeStats& shared_;
  bool order_;
  ReplyTo<NoHeader> reply_;
  std::string group_;  // in the middle of it; "": between two
  std::string last_group_;
  std::vector<ConsumeStats::Consumed> topics_;
  std::size_t topic_ = 0;
  std::int32_t queue_ = 0;
  OneStats offsets_{"offsetTable"};
  std::string stats_;  // of the group's topics that are done
  PiecewiseBody<protocol::ConsumeStatsList> text_{"consumeStatsList"};
  protocol::ConsumeStatsList rest_;
};

void BrokerConsumeStats::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  of_one_.shared_.slices.add([walk = std::make_shared<Walk>(*this, request.order, reply)](Slices::Now until) {
    return walk->run(until);
  });
}

}  // namespace mq::broker
