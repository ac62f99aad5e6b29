#include "mq/broker/faults.hpp"

#include <algorithm>
#include <optional>

#include "mq/base/bytes.hpp"
#include "mq/broker/waiting_sends.hpp"
#include "mq/protocol/bodies_group.hpp"
#include "mq/protocol/codes.hpp"
#include "mq/protocol/response_fields.hpp"

namespace mq::broker {
namespace {

namespace request_code = protocol::request_code;
namespace response_code = protocol::response_code;

constexpr std::string_view kRemark = "a fault that a test asked for";
// Not a client id that any client makes; it takes queues, and nobody reads them.
constexpr std::string_view kOneMore = "0.0.0.0@rebalance-fault";

// The first of these fields; V2 sends shorten names to letters.
std::string field(const protocol::CommandView& request, std::initializer_list<std::string_view> names) {
  std::string text;
  for (const auto name : names) {
    const auto* const found = request.find(name);
    if (found != nullptr && protocol::unescape_to(text, *found)) return text;
    text.clear();
  }
  return text;
}

bool is_v2_send(std::int32_t code) {
  return code == request_code::kSendMessageV2 || code == request_code::kSendBatchMessage;
}
bool is_send(std::int32_t code) { return code == request_code::kSendMessage || is_v2_send(code); }

std::string topic_of(const protocol::CommandView& request) {
  return is_v2_send(request.code) ? field(request, {"b"}) : field(request, {"topic"});
}
std::string group_of(const protocol::CommandView& request) {
  if (is_v2_send(request.code)) return field(request, {"a"});
  return field(request, {"consumerGroup", "producerGroup", "group"});
}

protocol::Command owned(const protocol::ResponseView& response) {
  base::Bytes frame;
  protocol::encode(response, frame);
  return protocol::decode(frame).value();
}

void respond(net::Server& server, const net::Reply& reply, const protocol::Command& answer) {
  std::vector<std::pair<std::string_view, std::string_view>> ext(answer.ext.begin(), answer.ext.end());
  protocol::ResponseView response;
  response.code = answer.code;
  response.remark = answer.remark;
  response.ext = ext;
  response.body = base::bytes_of(answer.body);
  server.respond(reply, response);
}

}  // namespace

Faults::Faults(boost::asio::io_context& context, net::Server& server, Stir stir)
    : server_(server), stir_(std::move(stir)), storm_timer_(context), delay_timer_(context) {
  server_.intercept(
      [this](const net::Reply& reply, const protocol::ResponseView& response) { answered(reply, response); });
}

std::uint64_t Faults::add(FaultRule rule) {
  if (rules_.size() >= kRulesMax) return 0;
  const bool lasts = rule.what == FaultRule::Do::rebalance;
  const auto until = std::chrono::steady_clock::now() + rule.time;
  rules_.push_back({.count = {++last_id_, std::move(rule), 0}, .until = until});
  arm();
  if (lasts) storm();
  return last_id_;
}

bool Faults::remove(std::uint64_t id) {
  const bool gone = std::erase_if(rules_, [id](const Rule& rule) { return rule.count.id == id; }) > 0;
  arm();
  return gone;
}

void Faults::clear() {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& rule : std::exchange(rules_, {})) {
    if (rule.count.rule.what == FaultRule::Do::rebalance && now < rule.until) stir_(rule.count.rule.group);
  }
  arm();
}

std::vector<FaultCount> Faults::list() const {
  std::vector<FaultCount> counts;
  for (const auto& rule : rules_) counts.push_back(rule.count);
  return counts;
}

void Faults::arm() {
  armed_ = std::ranges::any_of(rules_, [](const Rule& rule) { return rule.count.rule.times != 0; });
}

// The share is spread evenly: of one in ten every tenth, so that a test knows what it gets.
bool Faults::strikes(Rule& rule, std::string_view topic, std::string_view group) {
  auto& [id, wanted, struck] = rule.count;
  if (wanted.times == 0) return false;
  if (!wanted.topic.empty() && wanted.topic != topic) return false;
  if (!wanted.group.empty() && wanted.group != group) return false;
  if (wanted.what == FaultRule::Do::rebalance && std::chrono::steady_clock::now() >= rule.until) return false;
  rule.due += wanted.share;
  if (rule.due < 1) return false;
  rule.due -= 1;
  ++struck;
  if (wanted.times) --*wanted.times;
  return true;
}

Faults::Rule* Faults::find(const protocol::CommandView& request) {
  std::optional<std::string> topic, group;
  for (auto& rule : rules_) {
    if (std::ranges::find(rule.count.rule.codes, request.code) == rule.count.rule.codes.end()) continue;
    if (!topic) {
      topic = topic_of(request);
      group = group_of(request);
    }
    if (strikes(rule, *topic, *group)) return &rule;
  }
  return nullptr;
}

bool Faults::meet(const protocol::CommandView& request, net::Reply& reply) {
  auto* const rule = find(request);
  if (rule == nullptr) return false;
  const auto fault = rule->count.rule;
  arm();
  const bool executed =
      fault.stored || (fault.what != FaultRule::Do::answer && fault.what != FaultRule::Do::drop);
  if (executed) {
    watch(*rule, request, reply);
    return false;
  }
  if (fault.what == FaultRule::Do::drop) {
    server_.close(reply.connection);
  } else {
    refuse(fault, request, reply);
  }
  return true;
}

void Faults::watch(const Rule& rule, const protocol::CommandView& request, net::Reply& reply) {
  const auto& fault = rule.count.rule;
  if (reply.oneway) return;  // there is no answer to change
  // Every other list, so that members give queues up and take them back.
  if (fault.what == FaultRule::Do::rebalance && rule.count.struck % 2 == 0) return;
  reply.intercepted = true;
  watched_.insert_or_assign({reply.connection, reply.opaque},
                            Watched{fault.what, fault.code, fault.time, field(request, {"queueOffset"})});
}

// A client that is told "stored, but not safely" reads the fields of a send's answer, also when it is not
// true.
void Faults::refuse(const FaultRule& rule, const protocol::CommandView& request, const net::Reply& reply) {
  if (!is_send(request.code)) {
    protocol::ResponseView response;
    response.code = rule.code;
    response.remark = kRemark;
    return server_.respond(reply, response);
  }
  const auto queue = is_v2_send(request.code) ? field(request, {"e"}) : field(request, {"queueId"});
  const auto message_id = offset_message_id({}, LogOffset{0});
  protocol::ResponseFields fields;
  fields.text("MSG_REGION", kRegion);
  fields.text("TRACE_ON", "true");
  fields.text("msgId", message_id);
  fields.text("queueId", queue);
  fields.number("queueOffset", 0);
  protocol::ResponseView response;
  response.code = rule.code;
  response.remark = kRemark;
  response.ext = fields.view();
  server_.respond(reply, response);
}

void Faults::answered(const net::Reply& reply, const protocol::ResponseView& response) {
  const auto entry = watched_.extract({reply.connection, reply.opaque});
  if (!entry) return server_.respond(reply, response);
  const auto& watched = entry.mapped();
  auto changed = response;
  switch (watched.what) {
    case FaultRule::Do::answer:
      changed.code = watched.code;
      changed.remark = kRemark;
      return server_.respond(reply, changed);
    case FaultRule::Do::delay:
      return delay(reply, response, watched.time);
    case FaultRule::Do::drop:
      return server_.close(reply.connection);
    case FaultRule::Do::again:
      return pull_again(reply, response, watched.offset);
    case FaultRule::Do::rebalance:
      return add_member(reply, response);
  }
}

void Faults::closed(net::ConnectionKey connection) {
  watched_.erase(watched_.lower_bound({connection, INT32_MIN}),
                 watched_.upper_bound({connection, INT32_MAX}));
}

void Faults::pull_again(const net::Reply& reply, const protocol::ResponseView& response,
                        const std::string& offset) {
  auto answer = owned(response);
  if (answer.code == response_code::kSuccess) answer.set("nextBeginOffset", offset);
  respond(server_, reply, answer);
}

void Faults::add_member(const net::Reply& reply, const protocol::ResponseView& response) {
  auto answer = owned(response);
  auto members = protocol::decode_body<protocol::ConsumerIds>(answer.body);
  if (answer.code == response_code::kSuccess && members) {
    members->ids.insert(members->ids.begin(), std::string(kOneMore));
    answer.body = protocol::encode_body(*members);
  }
  respond(server_, reply, answer);
}

void Faults::delay(const net::Reply& reply, const protocol::ResponseView& response,
                   std::chrono::milliseconds time) {
  if (delayed_.size() >= kDelayedMax) return server_.respond(reply, response);
  delayed_.emplace(std::chrono::steady_clock::now() + time, Delayed{reply, owned(response)});
  send_due();
}

void Faults::send_due() {
  const auto now = std::chrono::steady_clock::now();
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const auto due = delayed_.extract(delayed_.begin());
    respond(server_, due.mapped().reply, due.mapped().answer);
  }
  if (delayed_.empty()) return;
  delay_timer_.expires_at(delayed_.begin()->first);
  delay_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) send_due();
  });
}

// Once more when it is over, so that members find back to the list that is true.
void Faults::storm() {
  const auto now = std::chrono::steady_clock::now();
  bool more = false;
  for (auto& rule : rules_) {
    auto& fault = rule.count.rule;
    if (fault.what != FaultRule::Do::rebalance || fault.times == 0) continue;
    if (now >= rule.until) fault.times = 0;
    more |= now < rule.until;
    stir_(fault.group);
  }
  arm();
  if (!more) return;
  storm_timer_.expires_after(kStormBeat);
  storm_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) storm();
  });
}

}  // namespace mq::broker
