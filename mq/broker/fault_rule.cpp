#include "mq/broker/fault_rule.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "mq/protocol/codes.hpp"

namespace mq::broker {
namespace {

namespace json = boost::json;
namespace request_code = protocol::request_code;
namespace response_code = protocol::response_code;

constexpr std::int64_t kTimeMaxMs = 60'000;
constexpr std::int64_t kTimesMax = 1'000'000'000;

struct Family {
  std::string_view name;
  std::vector<std::int32_t> codes;
};
const std::vector<Family>& families() {
  static const std::vector<Family> all{
      {"send", {request_code::kSendMessage, request_code::kSendMessageV2, request_code::kSendBatchMessage}},
      {"pull", {request_code::kPullMessage, request_code::kLitePullMessage}},
      {"commit_offset", {request_code::kUpdateConsumerOffset}},
      {"query_offset", {request_code::kQueryConsumerOffset}},
      {"send_back", {request_code::kConsumerSendMsgBack}},
      {"end_transaction", {request_code::kEndTransaction}},
      {"heartbeat", {request_code::kHeartBeat}},
      {"members", {request_code::kGetConsumerListByGroup}},
      {"lock", {request_code::kLockBatchMq}},
      {"route", {request_code::kGetRouteInfoByTopic}},
  };
  return all;
}

constexpr std::array<std::pair<std::string_view, std::int32_t>, 11> kAnswers{{
    {"SYSTEM_ERROR", response_code::kSystemError},
    {"SYSTEM_BUSY", response_code::kSystemBusy},
    {"FLUSH_DISK_TIMEOUT", response_code::kFlushDiskTimeout},
    {"SLAVE_NOT_AVAILABLE", response_code::kSlaveNotAvailable},
    {"FLUSH_SLAVE_TIMEOUT", response_code::kFlushSlaveTimeout},
    {"MESSAGE_ILLEGAL", response_code::kMessageIllegal},
    {"SERVICE_NOT_AVAILABLE", response_code::kServiceNotAvailable},
    {"NO_PERMISSION", response_code::kNoPermission},
    {"TOPIC_NOT_EXIST", response_code::kTopicNotExist},
    {"PULL_NOT_FOUND", response_code::kPullNotFound},
    {"PULL_RETRY_IMMEDIATELY", response_code::kPullRetryImmediately},
}};

// What is wrong with a fault, as a sentence.
class Wrong : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string text_of(const json::value& value, const std::string& name) {
  if (!value.is_string() || value.get_string().empty()) throw Wrong("\"" + name + "\" is a text");
  return json::value_to<std::string>(value);
}
std::int64_t number_of(const json::value& value, const std::string& name, std::int64_t low,
                       std::int64_t high) {
  const auto* const number = value.if_int64();
  if (number == nullptr || *number < low || *number > high) {
    throw Wrong("\"" + name + "\" is a number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return *number;
}
bool truth_of(const json::value& value, const std::string& name) {
  if (!value.is_bool()) throw Wrong("\"" + name + "\" is true or false");
  return value.get_bool();
}

void set_request(const json::value& value, FaultRule& rule) {
  if (value.is_int64()) {
    rule.codes = {static_cast<std::int32_t>(number_of(value, "request", 1, 32'767))};
    rule.request = std::to_string(rule.codes.front());
    return;
  }
  rule.request = text_of(value, "request");
  const auto family = std::ranges::find(families(), rule.request, &Family::name);
  if (family == families().end()) {
    std::string known;
    for (const auto& each : families()) known.append(each.name).append(", ");
    throw Wrong("\"request\" is one of " + known + "or a request code as a number");
  }
  rule.codes = family->codes;
}

void set_answer(const json::value& value, FaultRule& rule) {
  rule.what = FaultRule::Do::answer;
  if (value.is_int64()) {
    rule.code = static_cast<std::int32_t>(number_of(value, "answer", 1, 32'767));
    return;
  }
  const auto name = text_of(value, "answer");
  const auto known = std::ranges::find(kAnswers, name, [](const auto& each) { return each.first; });
  if (known == kAnswers.end()) throw Wrong("\"answer\": nobody knows " + name + "; give its number");
  rule.code = known->second;
}

bool is_one_of(std::int32_t code, std::initializer_list<std::int32_t> codes) {
  return std::ranges::find(codes, code) != codes.end();
}

// Reads field after field; `actions` counts what the fault does, which is one thing.
struct Reader {
  FaultRule rule;
  int actions = 0;
  std::optional<bool> stored;
  bool share = false;
  bool lasts = false;

  void read(const std::string& name, const json::value& value) {
    if (name == "request") {
      set_request(value, rule);
    } else if (name == "topic") {
      rule.topic = text_of(value, name);
    } else if (name == "group") {
      rule.group = text_of(value, name);
    } else if (name == "times") {
      rule.times = static_cast<std::uint64_t>(number_of(value, name, 1, kTimesMax));
    } else if (name == "share") {
      set_share(value);
    } else if (name == "stored") {
      stored = truth_of(value, name);
    } else if (name == "for_ms") {
      lasts = true;
      rule.time = std::chrono::milliseconds(number_of(value, name, 1, kTimeMaxMs));
    } else {
      read_action(name, value);
    }
  }
  void read_action(const std::string& name, const json::value& value) {
    using Do = FaultRule::Do;
    ++actions;
    if (name == "answer") return set_answer(value, rule);
    if (name == "delay_ms") {
      rule.what = Do::delay;
      rule.time = std::chrono::milliseconds(number_of(value, name, 1, kTimeMaxMs));
    } else if (name == "rebalance") {
      rule.what = Do::rebalance;
      rule.group = text_of(value, name);
    } else if (name == "drop" || name == "again") {
      if (!truth_of(value, name)) throw Wrong("\"" + name + "\" is true, or left out");
      rule.what = name == "drop" ? Do::drop : Do::again;
    } else {
      throw Wrong("a fault has no field \"" + name + "\"");
    }
  }
  void set_share(const json::value& value) {
    boost::system::error_code error;
    rule.share = value.is_number() ? value.to_number<double>(error) : 0;
    if (error || !(rule.share > 0 && rule.share <= 1)) throw Wrong("\"share\" is above 0 and at most 1");
    share = true;
  }
};

FaultRule finish(Reader read) {
  using Do = FaultRule::Do;
  auto& rule = read.rule;
  if (read.actions != 1) {
    throw Wrong(R"(a fault does one thing: "answer", "delay_ms", "drop", "again" or "rebalance")");
  }
  if (rule.what == Do::rebalance) {
    if (!rule.codes.empty() || !read.lasts) throw Wrong("a rebalance says \"for_ms\", and no \"request\"");
    rule.codes = {request_code::kGetConsumerListByGroup};
    return rule;
  }
  if (read.lasts) throw Wrong("\"for_ms\" is for a rebalance; elsewhere say \"times\"");
  if (rule.codes.empty()) throw Wrong("say which \"request\" goes wrong, such as \"send\"");
  if (rule.what == Do::again && rule.request != "pull") throw Wrong("\"again\" is for \"request\": \"pull\"");
  if (read.stored && rule.what != Do::answer && rule.what != Do::drop) {
    throw Wrong("\"stored\" is for \"answer\" and \"drop\"");
  }
  // To a producer these mean: stored, but not as safely as it should be.
  const bool half_success =
      rule.what == Do::answer && rule.request == "send" &&
      is_one_of(rule.code, {response_code::kFlushDiskTimeout, response_code::kSlaveNotAvailable,
                            response_code::kFlushSlaveTimeout});
  rule.stored = read.stored.value_or(half_success);
  if (!rule.times && !read.share) rule.times = 1;
  return rule;
}

std::string_view name_of(FaultRule::Do what) {
  switch (what) {
    case FaultRule::Do::answer:
      return "answer";
    case FaultRule::Do::delay:
      return "delay_ms";
    case FaultRule::Do::drop:
      return "drop";
    case FaultRule::Do::again:
      return "again";
    case FaultRule::Do::rebalance:
      return "rebalance";
  }
  return "";
}

json::object to_json(const FaultCount& fault) {
  using Do = FaultRule::Do;
  const auto& rule = fault.rule;
  json::object object{{"id", fault.id}, {"struck", fault.struck}};
  if (!rule.request.empty()) object["request"] = rule.request;
  if (!rule.topic.empty()) object["topic"] = rule.topic;
  if (!rule.group.empty() && rule.what != Do::rebalance) object["group"] = rule.group;
  auto& does = object[name_of(rule.what)];
  does = true;
  if (rule.what == Do::answer) does = rule.code;
  if (rule.what == Do::delay) does = rule.time.count();
  if (rule.what == Do::rebalance) does = rule.group;
  if (rule.what == Do::answer || rule.what == Do::drop) object["stored"] = rule.stored;
  if (rule.what == Do::rebalance) object["for_ms"] = rule.time.count();
  if (rule.times) object["times_left"] = *rule.times;
  if (rule.share < 1) object["share"] = rule.share;
  return object;
}

}  // namespace

ParsedFault parse_fault(std::string_view text) {
  boost::system::error_code error;
  const auto value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return {{}, "a fault is a JSON object"};
  try {
    Reader reader;
    for (const auto& [name, field] : value.get_object()) reader.read(std::string(name), field);
    return {finish(std::move(reader)), {}};
  } catch (const Wrong& wrong) {
    return {{}, wrong.what()};
  }
}

std::string format_faults(const std::vector<FaultCount>& faults) {
  json::array list;
  for (const auto& fault : faults) list.push_back(to_json(fault));
  return json::serialize(json::object{{"faults", std::move(list)}});
}

}  // namespace mq::broker
