#include "mq/broker/upkeep.hpp"

#include <boost/asio/post.hpp>

#include <limits>

#include "mq/base/clock.hpp"
#include "mq/base/log.hpp"

namespace mq::broker {
namespace {
constexpr std::chrono::seconds kTick{1};
constexpr std::chrono::seconds kRetainEvery{10};
constexpr std::chrono::milliseconds kLookEvery{20};
}  // namespace

Upkeep::Upkeep(net::Loop& loop, storage::MessageStore& store, RetentionOptions retention)
    : loop_(loop), store_(store), retention_(retention), timer_(loop.context()) {
  // A failed job is reported back: the store tries again or does without.
  janitor_.emplace([this](std::shared_ptr<storage::MessageStore::JanitorJob> job) {
    auto outcome = job->run();
    boost::asio::post(loop_.context(), [this, job = std::move(job), outcome] { finished(*job, outcome); });
  });
  every(kRetainEvery, [this] { retain(); });
}

void Upkeep::finished(const storage::MessageStore::JanitorJob& job, const base::Result<>& outcome) {
  if (!outcome) {
    base::log("janitor")->warn("upkeep of the log failed, will retry error={}", outcome.error().message());
  }
  store_.done(job, outcome);
  busy_ = false;
  if (outcome) take_job();
}

void Upkeep::every(std::chrono::seconds period, Task task) {
  periodic_.push_back({period, std::move(task), {}});
}

void Upkeep::start() { tick(); }

void Upkeep::tick() {
  const auto now = std::chrono::steady_clock::now();
  for (auto& periodic : periodic_) {
    if (now < periodic.next) continue;
    periodic.next = now + periodic.period;
    periodic.task();
  }
  take_job();
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Upkeep::look_for_work() {
  if (busy_ || std::chrono::steady_clock::now() < next_look_) return;
  take_job();
}

void Upkeep::take_job() {
  // Two looks in one pass would see a log that did not grow between them, and take it for one at rest.
  next_look_ = std::chrono::steady_clock::now() + kLookEvery;
  if (busy_ || !janitor_) return;
  auto job = store_.take_janitor_job();
  if (!job) return;
  busy_ = true;
  janitor_->submit(std::move(job));
}

void Upkeep::retain() {
  const auto before_ms = base::to_millis(base::SystemClock{}.now()) - retention_.keep.count();
  store_.retain(before_ms, retention_.log_size_max == 0 ? std::numeric_limits<std::uint64_t>::max()
                                                        : retention_.log_size_max);
}

}  // namespace mq::broker
