#include "mq/client/handlers.hpp"

#include <algorithm>

#include "mq/client/backoff.hpp"
#include "mq/client/scope_exit.hpp"

namespace mq::client {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
constexpr auto kGiveBackPauseFirst = 500ms;
constexpr auto kGiveBackPauseMax = 5000ms;

std::chrono::milliseconds pause_after(const ConsumerOptions& options, int attempt) {
  const auto doublings = std::min(attempt, 20);
  return std::min(options.orderly_pause * (std::int64_t{1} << doublings), options.orderly_pause_max);
}
}  // namespace

void Handlers::start() {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, state_.options.concurrency); ++i) {
    tasks_.spawn("handler of " + state_.options.group, work());
  }
}

asio::awaitable<void> Handlers::stop(base::Deadline deadline) {
  state_.work.notify();
  while ((workers_ > 0 || giving_back_ > 0) && std::chrono::steady_clock::now() < deadline) {
    co_await state_.handled.wait(deadline);
  }
  co_await tasks_.stop();
}

asio::awaitable<void> Handlers::work() {
  ++workers_;
  const ScopeExit gone([this] {
    --workers_;
    state_.handled.notify();
  });
  while (!state_.stopping) {
    auto wake = base::Deadline::max();
    auto job = next_job(wake);
    if (job) {
      co_await handle(std::move(*job));
    } else {
      co_await state_.work.wait(wake);
    }
  }
}

std::optional<Handlers::Job> Handlers::next_job(base::Deadline& wake) {
  const auto now = std::chrono::steady_clock::now();
  const auto after = state_.queues.upper_bound(last_served_);
  for (auto at = after; at != state_.queues.end(); ++at) {
    if (auto job = job_of(at->second, now, wake)) return job;
  }
  for (auto at = state_.queues.begin(); at != after; ++at) {
    if (auto job = job_of(at->second, now, wake)) return job;
  }
  return std::nullopt;
}

std::optional<Handlers::Job> Handlers::job_of(const std::shared_ptr<ConsumedQueue>& queue, base::Deadline now,
                                              base::Deadline& wake) {
  if (!state_.may_handle(*queue, now)) return std::nullopt;  // the lock's renewal wakes us
  if (queue->held) {
    if (queue->held->resume_at > now) {
      wake = std::min(wake, queue->held->resume_at);
      return std::nullopt;
    }
    Job job{queue, std::move(queue->held->work), queue->held->attempt};
    queue->held.reset();
    last_served_ = queue->id;
    return job;
  }
  auto work = queue->messages.take();
  if (!work) return std::nullopt;
  last_served_ = queue->id;
  return Job{queue, std::move(*work), 0};
}

asio::awaitable<void> Handlers::handle(Job job) {
  ++state_.counts.in_flight;
  const ScopeExit ended([this] {
    --state_.counts.in_flight;
    state_.handled.notify();
    state_.room.notify();
  });
  auto verdict = Verdict::reject;
  if (!job.queue->unreadable.contains(job.work.ticket.offset)) {
    auto message = job.work.message;
    message.reconsume_times += job.attempt;
    verdict = co_await judge(std::move(message));
  }
  if (verdict == Verdict::done) {
    ++state_.counts.done;
    finish(job);
  } else if (job.queue->messages.dropped()) {
    // The next owner gets it, so giving it back as well would double it.
    job.queue->messages.abandon(job.work.ticket);
  } else if (state_.is_orderly()) {
    co_await settle_orderly(std::move(job), verdict);
  } else {
    // Not by this worker: while brokers are away, messages that are done can still be handled.
    const auto fate = verdict == Verdict::retry_later ? Fate::retry : Fate::dead_letter;
    ++giving_back_;
    auto name = "send back " + job.work.message.id;
    tasks_.spawn(std::move(name), give_back(std::move(job), fate));
  }
}

asio::awaitable<Verdict> Handlers::judge(ReceivedMessage message) {
  const auto state = co_await asio::this_coro::cancellation_state;
  const auto id = message.id;
  const auto cancelled = [&] { return state.cancelled() != asio::cancellation_type::none; };
  try {
    co_return co_await state_.handler(std::move(message));
  } catch (const std::exception& failure) {
    if (cancelled()) throw;
    base::log("mq.client")
        ->warn("handler failed, the message will come again group={} id={} error={}", state_.options.group,
               id, base::log_quoted(failure.what()));
  } catch (...) {
    if (cancelled()) throw;
    base::log("mq.client")
        ->warn("handler failed, the message will come again group={} id={}", state_.options.group, id);
  }
  co_return Verdict::retry_later;
}

asio::awaitable<void> Handlers::settle_orderly(Job job, Verdict verdict) {
  const auto tried = job.work.message.reconsume_times + job.attempt;
  if (verdict == Verdict::retry_later && tried < state_.options.attempts_max) {
    ++state_.counts.retried;
    hold(std::move(job));
    co_return;
  }
  if (co_await send_back_.give_back(job.work.message, Fate::dead_letter)) {
    ++state_.counts.rejected;
    finish(job);
  } else {
    hold(std::move(job));
  }
}

void Handlers::hold(Job job) {
  const auto queue = job.queue;
  if (queue->messages.dropped()) {
    queue->messages.abandon(job.work.ticket);
    return;
  }
  const auto resume_at = base::deadline_in(pause_after(state_.options, job.attempt));
  queue->held = ConsumedQueue::Held{std::move(job.work), job.attempt + 1, resume_at};
  state_.work.notify();
}

asio::awaitable<void> Handlers::give_back(Job job, Fate fate) {
  const ScopeExit ended([this] {
    --giving_back_;
    state_.handled.notify();
  });
  Backoff pause(kGiveBackPauseFirst, kGiveBackPauseMax);
  while (!job.queue->messages.dropped()) {
    if (co_await send_back_.give_back(job.work.message, fate)) {
      ++(fate == Fate::retry ? state_.counts.retried : state_.counts.rejected);
      finish(job);
      co_return;
    }
    co_await base::sleep_for(pause.next());
  }
  job.queue->messages.abandon(job.work.ticket);
}

void Handlers::finish(const Job& job) {
  job.queue->unreadable.erase(job.work.ticket.offset);
  job.queue->messages.finish(job.work.ticket);
  state_.room.notify();
  state_.work.notify();  // the next of an orderly queue
}

}  // namespace mq::client
