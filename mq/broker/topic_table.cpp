#include "mq/broker/topic_table.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "mq/base/log.hpp"

namespace mq::broker {
namespace {

constexpr int kReadWrite = perm::kRead | perm::kWrite;

TopicConfig make_topic(std::string_view name, std::int32_t queues, std::int32_t topic_perm = kReadWrite) {
  TopicConfig topic;
  topic.topic = name;
  topic.read_queues = queues;
  topic.write_queues = queues;
  topic.perm = topic_perm;
  return topic;
}

constexpr std::array<std::string_view, 10> kSystemTopics{"SELF_TEST_TOPIC",
                                                         "TBW102",
                                                         "BenchmarkTest",
                                                         "OFFSET_MOVED_EVENT",
                                                         "SCHEDULE_TOPIC_XXXX",
                                                         "RMQ_SYS_TRACE_TOPIC",
                                                         kHalfTopic,
                                                         "RMQ_SYS_TRANS_OP_HALF_TOPIC",
                                                         kParkedTopic,
                                                         "rmq_sys_wheel_timer"};

}  // namespace

TopicTable::TopicTable(storage::MessageStore& store, TopicOptions options, std::int64_t start_ms)
    : store_(store), options_(std::move(options)), start_ms_(start_ms), topics_(store, "topic/") {}

// rocketmq-wire.md 4.2: tools and test programs look these up by name.
std::vector<TopicConfig> TopicTable::startup_topics() const {
  const int inherited = kReadWrite | perm::kInherit;
  std::vector<TopicConfig> topics{
      make_topic("SELF_TEST_TOPIC", 1),
      make_topic("BenchmarkTest", 1024),
      make_topic(options_.cluster, 16, inherited),
      make_topic(options_.broker, 1, inherited),
      make_topic("OFFSET_MOVED_EVENT", 1),
      make_topic(kScheduleTopic, options_.delay_levels),
      make_topic(options_.cluster + "_REPLY_TOPIC", 1),
      make_topic("rmq_sys_REVIVE_LOG_" + options_.cluster, 8),
      make_topic("rmq_sys_SYNC_BROKER_MEMBER_" + options_.broker, 1),
      make_topic(kHalfTopic, 1),
      make_topic("RMQ_SYS_TRANS_OP_HALF_TOPIC", 1),
      make_topic(kTimerTopic, 1),
  };
  if (options_.auto_create)
    topics.push_back(make_topic(kAutoCreateTopic, options_.default_queues, inherited));
  return topics;
}

base::Result<LogOffset> TopicTable::load(const Metadata& metadata) {
  for (const auto& key : topics_.load(metadata)) {
    base::log("topics")->error("stored topic makes no sense and is ignored key={}", key);
  }
  std::vector<std::pair<std::string, TopicConfig>> missing;
  for (auto& topic : startup_topics()) {
    auto name = topic.topic;
    if (find(name) == nullptr) missing.emplace_back(std::move(name), std::move(topic));
  }
  if (missing.empty()) return store_.durable();
  return topics_.put(std::move(missing));
}

base::Result<LogOffset> TopicTable::put(TopicConfig topic) {
  auto name = topic.topic;
  return topics_.put(std::move(name), std::move(topic));
}

base::Result<LogOffset> TopicTable::ensure(std::string_view name, std::int32_t queues) {
  if (find(name) != nullptr) return topics_.since(name);
  return put(make_topic(name, std::max(queues, 1)));
}

base::Result<LogOffset> TopicTable::remove(std::string_view name) {
  if (find(name) == nullptr) return topics_.erase(name);
  // In this order: cut off between the two, the topic is still there to be deleted again. The other way round
  // its messages would come back with the next topic of that name.
  if (const auto emptied = store_.remove_topic(name); !emptied) return emptied;
  return topics_.erase(name);
}

TopicTable::ForSend TopicTable::find_or_create(std::string_view name, std::string_view default_topic,
                                               std::int32_t queues) {
  if (const auto* topic = find(name)) return {topic, {}};
  TopicConfig made;
  if (name.starts_with(kRetryPrefix)) {
    made = make_topic(name, 1);
  } else {
    const auto* model = find(default_topic);
    const bool allowed = model != nullptr && (model->perm & perm::kInherit) != 0 &&
                         (options_.auto_create || default_topic != kAutoCreateTopic);
    if (!allowed) {
      return {nullptr, refuse(response_code::kTopicNotExist,
                              "topic[" + std::string(name) + "] not exist, apply first please!")};
    }
    made = make_topic(name, std::clamp(queues, 1, std::max(model->write_queues, 1)),
                      model->perm & ~perm::kInherit);
    made.topic_sys_flag = model->topic_sys_flag;
  }
  if (const auto put_end = put(std::move(made)); !put_end) {
    return {nullptr, refuse(response_code::kServiceNotAvailable,
                            "the topic cannot be stored: " + put_end.error().message())};
  }
  return {find(name), {}};
}

protocol::DataVersion TopicTable::version() const { return {topics_.version(), 0, start_ms_}; }

bool TopicTable::is_system(std::string_view name) const {
  return std::ranges::any_of(kSystemTopics, [&](auto system) { return name == system; }) ||
         name.starts_with("rmq_sys_") || name == options_.cluster || name == options_.broker ||
         name == options_.cluster + "_REPLY_TOPIC";
}

}  // namespace mq::broker
