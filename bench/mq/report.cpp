#include "bench/mq/report.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <algorithm>

namespace bench {
namespace {

namespace json = boost::json;

std::string side_line(const std::string& name, const Side& side) {
  return fmt::format(
      "  {:<18}{:>9.0f} msg/s  p50 {:>6.0f}  p99 {:>6.0f}  p99.9 {:>6.0f} us  {:>5.2f} CPU s/M", name,
      median(side.rates()), side.latency().quantile(0.5) / 1e3, side.latency().quantile(0.99) / 1e3,
      side.latency().quantile(0.999) / 1e3, side.cpu_per_million().all_seconds);
}

std::string ratio_text(const Ratio& ratio) {
  return fmt::format("{:.2f} ({:.2f} to {:.2f})", ratio.median, ratio.lowest, ratio.highest);
}

json::object side_json(const Side& side) {
  return {{"messages_per_second", median(side.rates())},
          {"p50_us", side.latency().quantile(0.5) / 1e3},
          {"p99_us", side.latency().quantile(0.99) / 1e3},
          {"p999_us", side.latency().quantile(0.999) / 1e3},
          {"cpu_seconds_per_million", side.cpu_per_million().all_seconds},
          {"first_thread_cpu_seconds_per_million", side.cpu_per_million().first_thread_seconds},
          {"load_share", side.load_share()},
          {"refused", side.refused()},
          {"rounds", json::array(side.rates().begin(), side.rates().end())}};
}

json::object ratio_json(const Ratio& ratio) {
  return {{"median", ratio.median}, {"lowest", ratio.lowest}, {"highest", ratio.highest}};
}

double lowest(const std::vector<double>& values) { return values.empty() ? 0 : std::ranges::min(values); }
double highest(const std::vector<double>& values) { return values.empty() ? 0 : std::ranges::max(values); }

}  // namespace

std::string text_of(const Result& result) {
  std::string text = fmt::format("{}: {}\n", result.name, result.about);
  text += side_line("broker", result.broker);
  if (result.written_per_payload > 0) {
    text += fmt::format("  {:.2f} bytes written a payload byte", result.written_per_payload);
  }
  text += fmt::format("\n  {:<18}of its processor time {:.2f} s/M in the hot thread\n", "",
                      result.broker.cpu_per_million().first_thread_seconds);
  text += side_line("TCP echo", result.echo);
  text += fmt::format("\n  {:<18}{:>9.0f} msg/s\n", "bare disk", median(result.raw_rates));
  text += fmt::format("  of the echo {}; of {} {}\n",
                      ratio_text(ratio_of(result.broker.rates(), result.echo.rates())), result.raw_name,
                      ratio_text(ratio_of(result.broker.rates(), result.raw_rates)));
  text += fmt::format("  load at work {:.0f} % of the time; longest pass of the hot loop {:.1f} ms",
                      result.broker.load_share() * 100, result.longest_pass_ms);
  if (result.messages_per_sync > 0) text += fmt::format("; {:.0f} messages a sync", result.messages_per_sync);
  text += "\n  segments: " + result.reserve + "\n";
  if (result.broker.refused() > 0) text += fmt::format("  REFUSED: {} sends\n", result.broker.refused());
  for (const auto& floor : result.floors) {
    text += fmt::format("  floor: {} {:.2f}, {} {:.2f}: {}\n", floor.what, floor.measured,
                        floor.lowest_allowed ? "at least" : "at most", floor.bound,
                        floor.holds() ? "held" : "MISSED");
  }
  return text;
}

std::string text_of(const Starts& starts) {
  return fmt::format(
      "start: {} times on an empty directory\n"
      "  ready after {:.1f} ms (median; {:.1f} to {:.1f}); idle {:.1f} MB resident, {:.1f} MB of it "
      "anonymous\n",
      starts.seconds.size(), median(starts.seconds) * 1e3, lowest(starts.seconds) * 1e3,
      highest(starts.seconds) * 1e3, static_cast<double>(starts.idle.resident) / 1e6,
      static_cast<double>(starts.idle.anonymous) / 1e6);
}

std::string text_of(const Restart& restart) {
  return fmt::format(
      "restart: kill -9 right after {} durable messages ({:.0f} MB of segments)\n"
      "  ready after {:.1f} ms, first send answered after {:.1f} ms; killed again at once: {:.1f} ms "
      "(median)\n",
      restart.messages, restart.log_bytes / 1e6, restart.seconds.front() * 1e3,
      restart.first_answer_seconds * 1e3, median({restart.seconds.begin() + 1, restart.seconds.end()}) * 1e3);
}

std::string text_of(const Versus& versus) {
  const auto ratio = ratio_of(versus.ours.rates(), versus.theirs.rates());
  const auto latency = [&](double quantile) {
    return versus.theirs.latency().quantile(quantile) / versus.ours.latency().quantile(quantile);
  };
  auto text = fmt::format("{}: {}\n", versus.name, versus.about);
  text += side_line("sluice-mq", versus.ours) + "\n" +
          side_line(versus.peer.substr(0, versus.peer.find(',')), versus.theirs);
  text +=
      fmt::format("\n  the peer: {}\n  messages a second: {} times as many", versus.peer, ratio_text(ratio));
  text +=
      fmt::format("; its latency is {:.1f} times ours at p50, {:.1f} at p99", latency(0.5), latency(0.99));
  text +=
      fmt::format("\n  processor time a message: the peer needs {:.1f} times ours\n",
                  versus.theirs.cpu_per_million().all_seconds / versus.ours.cpu_per_million().all_seconds);
  text +=
      fmt::format("  ready after {:.0f} ms and {:.0f} ms; resident after the load {:.0f} MB and {:.0f} MB\n",
                  versus.our_process.ready_seconds * 1e3, versus.their_process.ready_seconds * 1e3,
                  versus.our_process.resident_mb, versus.their_process.resident_mb);
  for (const auto* side : {&versus.ours, &versus.theirs}) {
    if (side->refused() > 0) text += fmt::format("  REFUSED: {} sends\n", side->refused());
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

json::object json_of(const Result& result) {
  json::array floors;
  for (const auto& floor : result.floors) {
    floors.push_back({{"what", floor.what},
                      {"bound", floor.bound},
                      {"measured", floor.measured},
                      {"holds", floor.holds()}});
  }
  return {{"name", result.name},
          {"about", result.about},
          {"broker", side_json(result.broker)},
          {"echo", side_json(result.echo)},
          {"raw", {{"what", result.raw_name}, {"messages_per_second", median(result.raw_rates)}}},
          {"of_echo", ratio_json(ratio_of(result.broker.rates(), result.echo.rates()))},
          {"of_raw", ratio_json(ratio_of(result.broker.rates(), result.raw_rates))},
          {"written_per_payload", result.written_per_payload},
          {"messages_per_sync", result.messages_per_sync},
          {"longest_pass_ms", result.longest_pass_ms},
          {"segments", result.reserve},
          {"floors", std::move(floors)}};
}

json::object json_of(const Starts& starts) {
  return {{"name", "start"},
          {"starts", starts.seconds.size()},
          {"ready_ms", median(starts.seconds) * 1e3},
          {"slowest_ms", highest(starts.seconds) * 1e3},
          {"idle_resident_bytes", starts.idle.resident},
          {"idle_anonymous_bytes", starts.idle.anonymous}};
}

json::object json_of(const Restart& restart) {
  json::array ready;
  for (const auto seconds : restart.seconds) ready.push_back(seconds * 1e3);
  return {{"name", "restart"},
          {"messages", restart.messages},
          {"log_bytes", restart.log_bytes},
          {"ready_ms", std::move(ready)},
          {"first_answer_ms", restart.first_answer_seconds * 1e3}};
}

}  // namespace bench
