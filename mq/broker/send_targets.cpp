#include "mq/broker/send_targets.hpp"

#include <algorithm>
#include <string>

#include "mq/model/names.hpp"

namespace mq::broker {
namespace {
SendTargets::Target refused(std::int32_t code, std::string why) {
  return {refuse(code, std::move(why)), nullptr, 0, false};
}
}  // namespace

SendTargets::Target SendTargets::find(const protocol::SendMessageView& send) {
  if (!open_) return refused(response_code::kServiceNotAvailable, "the broker is shutting down");
  // A known topic was checked when it was made.
  const auto* known = topics_.find(send.topic);
  if (known == nullptr && !is_valid_topic(send.topic)) {
    return refused(response_code::kInvalidParameter,
                   "the topic name is empty, too long or has characters other than %|a-zA-Z0-9_-");
  }
  if (is_forbidden_send_target(send.topic)) {
    return refused(response_code::kNoPermission,
                   "sending to topic[" + std::string(send.topic) + "] is forbidden");
  }
  if (send.topic.starts_with(kRetryPrefix)) return find_retry(send);
  if (known == nullptr) {
    auto made = topics_.find_or_create(send.topic, send.default_topic, send.default_topic_queue_nums);
    if (made.topic == nullptr) return {std::move(made.refused), nullptr, 0, false};
    known = made.topic;
  }
  if ((known->perm & perm::kWrite) == 0) {
    return refused(response_code::kNoPermission,
                   "sending to topic[" + known->topic + "] is forbidden: it has no write permission");
  }
  if (send.queue >= std::max(known->write_queues, known->read_queues)) {
    return refused(response_code::kInvalidParameter, "queueId[" + std::to_string(send.queue) +
                                                         "] is illegal, topic[" + known->topic + "] has " +
                                                         std::to_string(known->write_queues) + " queues");
  }
  return {{}, known, send.queue < 0 ? any_queue(known->write_queues) : send.queue, false};
}

SendTargets::Target SendTargets::find_retry(const protocol::SendMessageView& send) {
  const auto name = send.topic.substr(kRetryPrefix.size());
  const auto* group = groups_.find(name);
  if (group == nullptr) {
    return refused(response_code::kSubscriptionGroupNotExist,
                   "subscription group [" + std::string(name) + "] does not exist");
  }
  const auto times_max = send.max_reconsume_times.value_or(group->retry_max_times);
  // Orderly consumers retry in place: what they send has run out of attempts.
  const bool orderly = locks_.any_held(name, std::chrono::steady_clock::now());
  if (send.reconsume_times > times_max || orderly) return dead_letters(name);
  auto target = retries(*group);
  if (target.topic == nullptr || send.queue < 0) return target;
  if (send.queue >= std::max(target.topic->write_queues, target.topic->read_queues)) {
    return refused(response_code::kInvalidParameter,
                   "queueId[" + std::to_string(send.queue) + "] is illegal");
  }
  return {{}, target.topic, send.queue, false};
}

SendTargets::Target SendTargets::dead_letters(std::string_view group) {
  const auto name = dead_letter_topic(group);
  if (const auto made = topics_.ensure(name, 1); !made) {
    return refused(response_code::kServiceNotAvailable,
                   "the dead-letter topic cannot be stored: " + made.error().message());
  }
  return {{}, topics_.find(name), 0, true};
}

SendTargets::Target SendTargets::retries(const GroupConfig& config) {
  const auto name = retry_topic(config.group);
  if (const auto made = topics_.ensure(name, config.retry_queues); !made) {
    return refused(response_code::kServiceNotAvailable,
                   "the retry topic cannot be stored: " + made.error().message());
  }
  const auto* topic = topics_.find(name);
  // The group may ask for more queues than the topic was made with, and nobody pulls those that it lacks.
  return {{}, topic, any_queue(std::min(config.retry_queues, topic->read_queues)), false};
}

}  // namespace mq::broker
