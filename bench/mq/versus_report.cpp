#include <fmt/format.h>

#include "bench/mq/report.hpp"
#include "bench/mq/versus.hpp"

namespace bench {

namespace json = boost::json;

std::string text_of(const Versus& versus) {
  const auto ratio = ratio_of(versus.ours.rates(), versus.theirs.rates());
  const auto latency = [&](double quantile) {
    return versus.theirs.latency().quantile(quantile) / versus.ours.latency().quantile(quantile);
  };
  auto text = fmt::format("{}: {}\n", versus.name, versus.about);
  text += side_line("sluice-mq", versus.ours, versus.timed) + "\n" +
          side_line(versus.peer.substr(0, versus.peer.find(',')), versus.theirs, versus.timed);
  text +=
      fmt::format("\n  the peer: {}\n  messages a second: {} times as many", versus.peer, ratio_text(ratio));
  if (versus.timed) {
    text +=
        fmt::format("; its latency is {:.1f} times ours at p50, {:.1f} at p99", latency(0.5), latency(0.99));
  }
  text +=
      fmt::format("\n  processor time a message: the peer needs {:.1f} times ours\n",
                  versus.theirs.cpu_per_million().all_seconds / versus.ours.cpu_per_million().all_seconds);
  text +=
      fmt::format("  ready after {:.0f} ms and {:.0f} ms; resident after the load {:.0f} MB and {:.0f} MB\n",
                  versus.our_process.ready_seconds * 1e3, versus.their_process.ready_seconds * 1e3,
                  versus.our_process.resident_mb, versus.their_process.resident_mb);
  for (const auto* side : {&versus.ours, &versus.theirs}) {
    if (side->refused() > 0) text += fmt::format("  REFUSED: {} requests\n", side->refused());
  }
  return text;
}

json::object json_of(const Versus& versus) {
  const auto process = [](const Versus::Process& of) {
    return json::object{{"ready_ms", of.ready_seconds * 1e3}, {"resident_mb", of.resident_mb}};
  };
  return {{"name", versus.name},
          {"about", versus.about},
          {"peer", versus.peer},
          {"ours", side_json(versus.ours)},
          {"theirs", side_json(versus.theirs)},
          {"ratio", ratio_json(ratio_of(versus.ours.rates(), versus.theirs.rates()))},
          {"our_process", process(versus.our_process)},
          {"their_process", process(versus.their_process)}};
}

}  // namespace bench
