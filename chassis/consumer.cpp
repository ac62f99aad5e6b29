#include "chassis/consumer.hpp"

#include <boost/asio/error.hpp>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "chassis/trace.hpp"
#include "mq/base/log.hpp"

namespace chassis {
namespace {
namespace asio = boost::asio;
using mq::client::Verdict;

constexpr std::int32_t kVersion = 1;  // of every event there is so far

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::done:
      return "done";
    case Verdict::retry_later:
      return "retry_later";
    case Verdict::reject:
      return "reject";
  }
  return "unknown";
}

// What is needed of a message once its handler has taken the rest.
struct Facts {
  std::string group, topic, message_id;
  std::int32_t attempt = 0;
};

// The consumer loop: here trouble of every kind becomes a verdict.
class EventLoop {
 public:
  EventLoop(std::string group, EventHandler handler, Metrics& metrics, const base::RandomSource& random)
      : group_(std::move(group)), handler_(std::move(handler)), metrics_(metrics), random_(random) {}

  asio::awaitable<Verdict> handle(mq::ReceivedMessage message) {
    const auto since = std::chrono::steady_clock::now();
    const Facts facts{group_, message.topic, message.id, message.reconsume_times + 1};
    auto envelope = contracts::decode_envelope(message.body);
    if (!envelope || envelope->version != kVersion) {
      const auto why = envelope ? "version " + std::to_string(envelope->version) + " is not known"
                                : envelope.error().message();
      logger_->error(
          "event rejected, it goes to the dead-letter topic group={} topic={} message_id={} error={}",
          facts.group, base::log_quoted(facts.topic), base::log_quoted(facts.message_id),
          base::log_quoted(why));
      co_return account(facts, Verdict::reject, since);
    }
    envelope->traceparent = continue_trace(envelope->traceparent, random_).traceparent();
    const contracts::Envelope seen = head_of(*envelope);
    std::string error;
    const auto verdict = co_await ask(std::move(*envelope), error);
    tell(facts, seen, verdict, error, since);
    co_return account(facts, verdict, since);
  }

 private:
  static contracts::Envelope head_of(const contracts::Envelope& envelope) {
    contracts::Envelope head;
    head.event_id = envelope.event_id;
    head.type = envelope.type;
    head.order_no = envelope.order_no;
    head.sequence = envelope.sequence;
    head.traceparent = envelope.traceparent;
    return head;
  }

  asio::awaitable<Verdict> ask(contracts::Envelope envelope, std::string& error) {
    try {
      co_return co_await handler_(std::move(envelope));
    } catch (const boost::system::system_error& e) {
      if (e.code() == asio::error::operation_aborted) throw;  // we are stopping; nothing was decided
      error = e.what();
    } catch (const SqlError& e) {
      error = e.what();
      // The event holds what no column can (a NUL byte, a number out of range), today and tomorrow.
      if (e.data_exception()) co_return Verdict::reject;
    } catch (const std::exception& e) {
      error = e.what();
    }
    co_return Verdict::retry_later;
  }

  void tell(const Facts& facts, const contracts::Envelope& event, Verdict verdict, const std::string& error,
            std::chrono::steady_clock::time_point since) {
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - since;
    const auto level = verdict == Verdict::done          ? spdlog::level::info
                       : verdict == Verdict::retry_later ? spdlog::level::warn
                                                         : spdlog::level::err;
    logger_->log(
        level,
        "event handled group={} type={} order_no={} sequence={} verdict={} attempt={} took_ms={:.3f} "
        "event_id={} message_id={} trace_id={}{}{}",
        facts.group, base::log_quoted(event.type), base::log_quoted(event.order_no), event.sequence,
        name_of(verdict), facts.attempt, took.count(), base::log_quoted(event.event_id),
        base::log_quoted(facts.message_id), trace_id_of(event.traceparent),
        error.empty() ? "" : " error=", error.empty() ? "" : base::log_quoted(error));
  }

  // By topic, not by type: topics are our subscriptions, a type is whatever a sender writes.
  Verdict account(const Facts& facts, Verdict verdict, std::chrono::steady_clock::time_point since) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - since;
    metrics_.observe_seconds(
        "event_seconds", "Time to handle one event, by verdict",
        {{"group", facts.group}, {"topic", facts.topic}, {"verdict", std::string(name_of(verdict))}},
        took.count());
    return verdict;
  }

  std::string group_;
  EventHandler handler_;
  Metrics& metrics_;
  const base::RandomSource& random_;
  std::shared_ptr<spdlog::logger> logger_ = base::log("consumer");
};

}  // namespace

mq::client::PushConsumer::Handler handle_events(std::string group, EventHandler handler, Metrics& metrics,
                                                const base::RandomSource& random) {
  auto loop = std::make_shared<EventLoop>(std::move(group), std::move(handler), metrics, random);
  return [loop](mq::ReceivedMessage message) { return loop->handle(std::move(message)); };
}

EventConsumer::EventConsumer(Service& service, mq::client::Client& client,
                             mq::client::ConsumerOptions options, EventHandler handler)
    : service_(service),
      group_(options.group),
      consumer_(client, std::move(options),
                handle_events(group_, std::move(handler), service.metrics(), service.random())) {}

void EventConsumer::start() {
  service_.idle_when({"consumer " + group_, [this]() -> std::string {
                        const auto stats = consumer_.stats();
                        const auto count = stats.buffered + stats.in_flight;
                        if (count > 0) return std::to_string(count) + " messages in hand";
                        // Nobody counts the lag of a group that has no member yet.
                        return stats.joined ? "" : "not yet a member of its group";
                      }});
  service_.metrics().on_scrape([this](Metrics& metrics) {
    const auto stats = consumer_.stats();
    metrics.set("consumer_buffered_messages", "Messages pulled and not yet handled", {{"group", group_}},
                static_cast<double>(stats.buffered));
    metrics.set("consumer_in_flight_messages", "Messages whose handler is at work", {{"group", group_}},
                static_cast<double>(stats.in_flight));
    metrics.count_to("consumer_failed_pulls_total", "Pulls that failed", {{"group", group_}},
                     static_cast<double>(stats.failed_pulls));
  });
  service_.on_stop("consumer " + group_, [this](base::Deadline deadline) {
    const auto left = deadline - std::chrono::steady_clock::now();
    // Offsets are committed after the grace, and that takes a moment too.
    return consumer_.stop(std::chrono::duration_cast<std::chrono::milliseconds>(left * 3 / 4));
  });
  service_.tasks().spawn("consumer " + group_, run());
}

asio::awaitable<void> EventConsumer::run() { return consumer_.run(); }
asio::awaitable<void> EventConsumer::stop() { return consumer_.stop(); }

mq::client::ConsumerOptions consumer_options(std::string_view group, std::string_view topic,
                                             const Database& database, std::string_view tags) {
  mq::client::ConsumerOptions options;
  options.group = group;
  options.subscriptions = {{std::string(topic), std::string(tags)}};
  options.concurrency = database.size();
  // Half a second of repeats after a crash, and a lag that `sluice status` shows as it is.
  options.commit_interval = std::chrono::milliseconds{500};
  if (tags != "*") options.poll_hold = std::chrono::milliseconds{500};
  return options;
}

}  // namespace chassis
