#include "cli/load_trial.hpp"

#include <algorithm>
#include <chrono>

#include "mq/load/pulls.hpp"
#include "mq/load/sends.hpp"

namespace cli {
namespace {

namespace load = mq::load;
constexpr std::chrono::milliseconds kLook{200};
constexpr std::chrono::seconds kPatience{5};

load::SendSpec sends_of(const TrialPlan& plan) {
  load::SendSpec spec;
  spec.topic = plan.topic;
  spec.queues = plan.queues;
  spec.body_size = plan.body_size;
  return spec;
}

load::PullSpec pulls_of(const TrialPlan& plan) {
  load::PullSpec spec;
  spec.topic = plan.topic;
  spec.group = plan.group;
  spec.queues = plan.queues;
  spec.body_size = plan.body_size;
  return spec;
}

// Runs slices of a load until it has nothing more to ask or the time is over. What a slice brought of
// messages is said by `count`.
class Slices {
 public:
  Slices(const TrialPlan& plan, const GoesOn& goes_on, Trial& trial)
      : seconds_(plan.seconds), goes_on_(goes_on), trial_(trial) {}

  void run(load::Load& load, TrialPart& part) const {
    for (bool more = true; more && part.seconds < seconds_ && !trial_.stopped;) {
      const auto left = std::chrono::duration<double>(seconds_ - part.seconds);
      const auto slice = load.run_for(
          std::min<std::chrono::nanoseconds>(kLook, std::chrono::ceil<std::chrono::nanoseconds>(left)));
      more = slice.seconds >= std::chrono::duration<double>(kLook).count() / 2;
      add(slice, part);
      trial_.stopped = !goes_on_(part.name, part.messages, part.seconds);
    }
  }
  static void add(const load::Slice& slice, TrialPart& part) {
    part.messages += slice.brought.messages;
    part.refused += slice.brought.refused;
    part.seconds += slice.seconds;
    part.latency.add(slice.latency);
  }

 private:
  double seconds_;
  const GoesOn& goes_on_;
  Trial& trial_;
};

TrialPart produce(const TrialPlan& plan, const Slices& slices) {
  TrialPart part;
  part.name = "produce";
  load::Sends sends(sends_of(plan), load::kTaken, plan.messages);
  load::Load load(plan.broker, plan.shape, sends);
  slices.run(load, part);
  Slices::add(load.finish(), part);
  return part;
}

TrialPart consume(const TrialPlan& plan, const Slices& slices) {
  TrialPart part;
  part.name = "consume";
  part.timed = false;
  load::Pulls pulls(pulls_of(plan), static_cast<std::size_t>(plan.queues));
  load::Load load(plan.broker, {plan.queues, 1}, pulls);
  slices.run(load, part);
  return part;
}

// Consumers begin at the first message of the topic: what lies there is read before the clock starts.
TrialPart end_to_end(const TrialPlan& plan, std::uint64_t there, const Slices& slices, Trial& trial) {
  TrialPart part;
  part.name = "end-to-end";
  load::Arrivals arrivals;
  auto following = pulls_of(plan);
  following.follows = true;
  load::Pulls pulls(following, static_cast<std::size_t>(plan.queues), &arrivals);
  load::Sends sends(sends_of(plan), load::kTaken);
  load::Load load(plan.broker, plan.shape, sends);
  load.follow(plan.broker, plan.queues, pulls);
  load.receive_until([&] { return arrivals.count() >= there; }, kPatience);
  arrivals.clear();
  load.pace(plan.rate);
  slices.run(load, part);
  Slices::add(load.finish(), part);
  load.receive_until([&] { return arrivals.count() >= part.messages; }, kPatience);
  trial.missing += part.messages - std::min(arrivals.count(), part.messages);
  part.latency = arrivals.late();
  return part;
}

}  // namespace

Trial run_trial(const TrialPlan& plan, const GoesOn& goes_on) {
  Trial trial;
  const Slices slices(plan, goes_on, trial);
  trial.parts.push_back(produce(plan, slices));
  if (trial.stopped) return trial;
  trial.parts.push_back(consume(plan, slices));
  if (trial.stopped) return trial;
  const auto sent = trial.parts[0].messages;
  // What time was too short to read is not missing: the last part reads it first.
  trial.parts.push_back(end_to_end(plan, sent, slices, trial));
  return trial;
}

bool is_of_a_trial(std::string_view body) { return body.starts_with(load::kStampWord); }

}  // namespace cli
