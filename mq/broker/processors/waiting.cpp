#include "mq/broker/processors/waiting.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "mq/broker/real_target.hpp"
#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"
#include "mq/protocol/bodies_waiting.hpp"

namespace mq::broker {
namespace {

// What both lists say of a record. One that cannot be read is listed all the same, by its offset.
template <class Row>
void describe(const storage::MessageStore& store, LogOffset at, Row& row) {
  row.log_offset = at.value();
  base::Bytes bytes;
  if (!store.read_record(at, bytes)) return;
  const auto decoded = decode_record(bytes);
  if (!decoded) return;
  const auto& record = decoded->record;
  row.store_ms = record.store_ms;
  row.keys = find_property(record.properties, property::kKeys).value_or("");
  row.unique_key = find_property(record.properties, property::kUniqueKey).value_or("");
  const auto target = real_target(record.properties);
  row.topic = target ? target->topic : std::string_view{};
  if constexpr (requires { row.size; }) row.size = static_cast<std::int32_t>(bytes.size());
  if constexpr (requires { row.producer_group; }) {
    row.producer_group = find_property(record.properties, property::kProducerGroup).value_or("");
  }
}

std::size_t page_size(std::int32_t wanted) {
  return static_cast<std::size_t>(std::clamp(wanted, 1, kPageMax));
}

// Fills the page's rows one by one, and answers.
template <class Body, class Fill>
void answer_page(const WaitingShared& shared, Body body, Fill fill, const ReplyTo<NoHeader>& reply) {
  body.now_ms = base::to_millis(shared.clock.now());
  shared.slices.add([body = std::move(body), fill, reply, next = std::size_t{0}](Slices::Now until) mutable {
    while (next < body.messages.size()) {
      fill(body.messages[next++]);
      if (std::chrono::steady_clock::now() >= until) return false;
    }
    reply(with_body(body));
    return true;
  });
}

}  // namespace

void ListDelayed::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  protocol::DelayedMessages body;
  body.total = static_cast<std::int64_t>(timers_.pending());
  const auto count = page_size(request.count);
  const std::pair after{request.after_due_ms, request.after_offset};
  for (const auto& timer : timers_.next(kReach)) {
    if (std::pair{timer.due_ms, timer.origin.value()} <= after) continue;
    auto& row = body.messages.emplace_back();
    row.due_ms = timer.due_ms;
    row.log_offset = timer.origin.value();
    row.recalled = timers_.is_recalled(timer.origin);
    if (body.messages.size() == count) break;
  }
  const auto fill = [this](protocol::DelayedMessage& row) {
    describe(shared_.store, LogOffset{row.log_offset}, row);
  };
  answer_page(shared_, std::move(body), fill, reply);
}

void ListHalf::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  protocol::HalfMessages body;
  body.total = static_cast<std::int64_t>(shared_.store.stats().undecided_halves);
  const auto count = page_size(request.count);
  const auto now = TransactionChecks::Now::clock::now();
  for (const auto& half : checks_.waiting(kReach)) {
    if (half.half.value() <= request.after_offset) continue;
    auto& row = body.messages.emplace_back();
    row.log_offset = half.half.value();
    row.checks = half.checks;
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(half.next_check - now);
    row.next_check_in_ms = std::max<std::int64_t>(0, wait.count());
    if (body.messages.size() == count) break;
  }
  const auto fill = [this](protocol::HalfMessage& row) {
    const LogOffset name{row.log_offset};
    if (shared_.store.is_undecided(name)) describe(shared_.store, shared_.store.place_of(name), row);
    row.log_offset = name.value();
  };
  answer_page(shared_, std::move(body), fill, reply);
}

}  // namespace mq::broker
