#include "cli/event_feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "cli/console.hpp"
#include "contracts/envelope.hpp"
#include "contracts/time_text.hpp"
#include "mq/base/aio/with_deadline.hpp"

namespace cli {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
constexpr auto kPause = 150ms;
constexpr auto kPauseWithoutBroker = 1s;
constexpr std::int32_t kBatch = 64;
constexpr std::size_t kBodyShown = 160;
constexpr std::size_t kTypeWidth = 18;
constexpr int kCodeTopicMissing = 17;

Colour colour_of(std::string_view type) {
  if (type == "LatePayment" || type == "OrderClosed") return Colour::yellow;
  if (type == "OrderShipped" || type == "ShipmentShipped" || type == "OrderPaid") return Colour::green;
  return Colour::cyan;
}

std::string yuan(std::int64_t fen) { return fmt::format("¥{}.{:02}", fen / 100, fen % 100); }

// The fields a person looks for, whatever the event is.
std::string essence(const boost::json::value& data) {
  std::string text;
  const auto* object = data.if_object();
  if (object == nullptr) return text;
  for (const auto* name : {"total_fen", "paid_fen", "refunded_fen"}) {
    const auto* fen = object->if_contains(name);
    if (fen != nullptr && fen->is_int64()) text += " " + yuan(fen->get_int64());
  }
  for (const auto* name :
       {"kind", "amount", "channel", "template_name", "reason", "carrier", "tracking_no"}) {
    const auto* value = object->if_contains(name);
    if (value == nullptr) continue;
    text += " " + (value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value));
  }
  return text;
}
}  // namespace

std::string format_event(const mq::ReceivedMessage& message) {
  const auto envelope = contracts::decode_envelope(message.body);
  if (!envelope) {
    return fmt::format("{} {} {} {}", contracts::format_time(base::from_millis(message.store_ms)),
                       message.topic, message.keys, message.body.substr(0, kBodyShown));
  }
  // "2026-03-01T08:00:00.123Z": of a running system the time of day is enough.
  const auto time = contracts::format_time(envelope->occurred_at).substr(11, 12);
  auto type = envelope->type;
  type.resize(std::max(type.size(), kTypeWidth), ' ');
  return fmt::format("{}  {}  {}{}", paint(Colour::dim, time), envelope->order_no,
                     paint(colour_of(envelope->type), type), essence(envelope->data));
}

EventFeed::EventFeed(mq::client::Admin& admin, std::vector<std::string> topics, Sink sink)
    : admin_(admin), topics_(std::move(topics)), sink_(std::move(sink)) {}

// None while the topic does not exist.
asio::awaitable<std::vector<mq::client::QueueState>> EventFeed::queues_of(std::string topic) {
  try {
    co_return co_await admin_.topic_state(std::move(topic));
  } catch (const mq::client::AdminError& error) {
    if (error.code() != kCodeTopicMissing) throw;
  }
  co_return std::vector<mq::client::QueueState>{};
}

asio::awaitable<void> EventFeed::skip_to_end() {
  for (const auto& topic : topics_) {
    for (const auto& state : co_await queues_of(topic)) next_[state.queue] = state.max_offset;
  }
}

asio::awaitable<void> EventFeed::look() {
  std::vector<mq::ReceivedMessage> found;
  auto places = next_;  // kept only when all queues have answered: what is found is handed on then
  for (const auto& topic : topics_) {
    for (const auto& state : co_await queues_of(topic)) {
      auto& next = places.try_emplace(state.queue, state.min_offset).first->second;
      next = std::max(next, state.min_offset);
      if (next >= state.max_offset) continue;
      auto messages = co_await admin_.read_queue(state.queue, next, kBatch);
      for (auto& message : messages) {
        next = message.queue_offset.value() + 1;
        found.push_back(std::move(message));
      }
    }
  }
  std::ranges::sort(found, {}, [](const auto& one) { return std::pair(one.store_ms, one.log_offset); });
  next_ = std::move(places);
  for (const auto& message : found) sink_(message);
}

asio::awaitable<void> EventFeed::run(From from) {
  bool placed = from == From::beginning;
  for (;;) {
    std::chrono::steady_clock::duration pause = kPause;
    try {
      if (!placed) co_await skip_to_end();
      placed = true;
      co_await look();
    } catch (const mq::client::AdminError&) {
      pause = kPauseWithoutBroker;
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) throw;
      pause = kPauseWithoutBroker;
    }
    co_await base::sleep_for(pause);
  }
}

}  // namespace cli
