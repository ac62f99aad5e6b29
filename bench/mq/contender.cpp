#include "bench/mq/contender.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "bench/measure/process.hpp"

namespace bench {
namespace {

constexpr std::chrono::milliseconds kWarmUp{500};
constexpr std::chrono::milliseconds kFillSlice{200};
constexpr std::chrono::seconds kPatience{10};

class Sending final : public Bout {
 public:
  Sending(const Contender& contender, Shape shape)
      : contender_(contender), traffic_(contender.sends()), load_(contender.server, shape, *traffic_) {}
  void slice(const Options& options, Side& side) override {
    load_.run_for(kWarmUp);
    const auto before = cpu_seconds_of(contender_);
    const auto slice = load_.run_for(options.slice());
    side.add(slice, {cpu_seconds_of(contender_) - before, 0});
    load_.finish();
  }

 private:
  Contender contender_;
  std::unique_ptr<Traffic> traffic_;
  Load load_;
};

class Flowing final : public Bout {
 public:
  Flowing(const Contender& contender, Shape shape)
      : contender_(contender),
        sends_(contender.sends()),
        receives_(contender.receives(arrivals_)),
        load_(contender.server, shape, *sends_) {
    load_.follow(contender.server, kQueues, *receives_);
  }
  void slice(const Options& options, Side& side) override {
    auto sent = load_.run_for(kWarmUp).brought.messages;
    const auto warmed_up = arrivals_.count();
    const auto before = cpu_seconds_of(contender_);
    auto slice = load_.run_for(options.slice());
    const auto cpu = cpu_seconds_of(contender_) - before;
    sent += slice.brought.messages;
    slice.brought = slice.received;
    slice.brought.messages = arrivals_.count() - warmed_up;
    sent += load_.finish().brought.messages;
    load_.receive_until([&] { return arrivals_.count() >= sent; }, kPatience);
    if (arrivals_.count() < sent) throw std::runtime_error("messages that were sent did not arrive");
    slice.latency = arrivals_.late();
    side.add(slice, {cpu, 0});
    arrivals_.clear();
  }

 private:
  Contender contender_;
  Arrivals arrivals_;
  std::unique_ptr<Traffic> sends_, receives_;
  Load load_;
};

// Has nothing to ask: of a load that only follows.
class Silence final : public Traffic {
 public:
  bool request(const Ask&, base::Bytes&) override { return false; }
  std::size_t answers(std::size_t, base::BytesView received, Brought&, const Answered&) override {
    return received.size();
  }
};

class Consuming final : public Bout {
 public:
  Consuming(const Contender& contender, std::uint64_t backlog)
      : contender_(contender),
        backlog_(backlog),
        sends_(contender.sends()),
        receives_(contender.receives(arrivals_)),
        fill_(contender.server, {4, 64}, *sends_),
        drain_(contender.server, {0, 1}, silence_) {
    drain_.follow(contender.server, kQueues, *receives_);
  }
  void slice(const Options&, Side& side) override {
    std::uint64_t sent = 0;
    while (sent < backlog_) sent += fill_.run_for(kFillSlice).brought.messages;
    sent += fill_.finish().brought.messages;
    arrivals_.clear();
    const auto before = cpu_seconds_of(contender_);
    auto slice = drain_.receive_until([&] { return arrivals_.count() >= sent; }, kPatience);
    if (arrivals_.count() < sent) throw std::runtime_error("messages that were sent did not arrive");
    slice.brought = slice.received;
    slice.brought.messages = arrivals_.count();
    slice.latency = {};  // how long they lay there says nothing
    side.add(slice, {cpu_seconds_of(contender_) - before, 0});
  }

 private:
  Contender contender_;
  std::uint64_t backlog_;
  Arrivals arrivals_;
  Silence silence_;
  std::unique_ptr<Traffic> sends_, receives_;
  Load fill_, drain_;
};

}  // namespace

double cpu_seconds_of(const Contender& contender) {
  double seconds = 0;
  for (const auto pid : contender.pids) seconds += cpu_seconds_of_tree(pid);
  return seconds;
}

double resident_mb_of(const Contender& contender) {
  double bytes = 0;
  for (const auto pid : contender.pids) bytes += static_cast<double>(memory_of_tree(pid).resident);
  return bytes / 1e6;
}

std::unique_ptr<Bout> sending(const Contender& contender, Shape shape) {
  return std::make_unique<Sending>(contender, shape);
}
std::unique_ptr<Bout> flowing(const Contender& contender, Shape shape) {
  return std::make_unique<Flowing>(contender, shape);
}
std::unique_ptr<Bout> consuming(const Contender& contender, std::uint64_t backlog) {
  return std::make_unique<Consuming>(contender, backlog);
}

}  // namespace bench
