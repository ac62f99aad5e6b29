#include "bench/mq/end_to_end.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "bench/mq/echo.hpp"
#include "bench/mq/setup.hpp"
#include "mq/protocol/codes.hpp"

namespace bench {
namespace {

constexpr Shape kProducers{4, 256};  // enough in flight that the rate is kept whatever a sync takes
constexpr std::chrono::milliseconds kWarmUp{500};
constexpr std::chrono::seconds kPatience{10};

struct Totals {
  Histogram arrival, answer, echo;
  std::uint64_t sent = 0, received = 0;
  double seconds = 0, load_cpu = 0, cpu = 0;
};

void broker_slice(const Broker& broker, int round, const Options& options, Totals& totals) {
  SendSpec spec;
  spec.topic = fmt::format("{}-{}", kTopic, round);  // what is consumed begins at its first message
  make_topic({broker.port()}, spec.topic, spec.queues);
  Sends sends(spec, mq::protocol::response_code::kSuccess);
  Load load({broker.port()}, kProducers, sends);
  load.pace(options.rate);
  Arrivals arrivals;
  PullSpec pull;
  pull.topic = spec.topic;
  pull.follows = true;
  Pulls pulls(pull, kQueues, &arrivals);
  load.follow({broker.port()}, kQueues, pulls);
  auto sent = load.run_for(kWarmUp).brought.messages + load.finish().brought.messages;
  const auto all_came = [&] { return arrivals.count() >= sent; };
  load.receive_until(all_came, kPatience);
  arrivals.clear();
  const auto before = cpu_seconds_of(broker.pid());
  const auto slice = load.run_for(options.slice());
  totals.cpu += cpu_seconds_of(broker.pid()) - before;
  totals.seconds += slice.seconds;
  totals.load_cpu += slice.load_cpu_seconds;
  totals.answer.add(slice.latency);
  sent = slice.brought.messages + load.finish().brought.messages;
  load.receive_until(all_came, kPatience);
  totals.sent += sent;
  totals.received += arrivals.count();
  totals.arrival.add(arrivals.late());
}

void echo_slice(const Options& options, Totals& totals) {
  const EchoServer echo(0, options.pin ? kBrokerCore : -1);
  Sends sends({}, mq::protocol::request_code::kSendMessageV2);
  Load load({echo.port()}, kProducers, sends);
  load.pace(options.rate);
  load.run_for(kWarmUp);
  totals.echo.add(load.run_for(options.slice()).latency);
}

}  // namespace

Figures measure_end_to_end(const Options& options, const std::filesystem::path& folder) {
  Figures figures;
  figures.name = "end-to-end";
  figures.about =
      fmt::format("{} messages/s of {} bytes at fixed times, flush={}, one consumer with {} long polls",
                  options.rate, kBodySize, options.flush, kQueues);
  Broker broker(setup_of(options.flush, options, folder));
  broker.wait_for_reserve();
  Totals totals;
  for (int round = 0; round < options.rounds; ++round) {
    settle(folder);
    broker_slice(broker, round, options, totals);
    echo_slice(options, totals);
  }
  figures.add("rate", static_cast<double>(totals.sent) / totals.seconds, "messages/s sent");
  figures.add_quantiles("arrival", totals.arrival, "from when it was to be sent to its arrival");
  figures.add_quantiles("answer", totals.answer, "to the answer of the send");
  figures.add_quantiles("echo", totals.echo, "there and back at a TCP echo");
  figures.add("cpu_seconds_per_million", per_million(totals.cpu, totals.sent),
              "CPU s of the broker a million");
  figures.add("load_share", totals.load_cpu / totals.seconds,
              "of the time the load was at work (above 0.6: invalid)");
  const auto lost = static_cast<double>(totals.sent) - static_cast<double>(totals.received);
  figures.add("missing", lost, "sent and not received (below 0: received twice)");
  figures.floors = {{"ms to its arrival, p50", 0.12, totals.arrival.quantile(0.5) / 1e6, false, "G6"},
                    {"ms to its arrival, p99", 0.7, totals.arrival.quantile(0.99) / 1e6, false, "G6"}};
  broker.stop();
  return figures;
}

}  // namespace bench
