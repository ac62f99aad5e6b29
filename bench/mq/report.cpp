#include "bench/mq/report.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include "bench/mq/figures.hpp"

namespace bench {

namespace json = boost::json;

std::string side_line(const std::string& name, const Side& side, bool timed) {
  auto text = fmt::format("  {:<26}{:>9.0f} msg/s", name, median(side.rates()));
  if (timed) {
    const auto at = [&](double share) { return side.latency().quantile(share) / 1e3; };
    text += fmt::format("  p50 {:>6.0f}  p99 {:>6.0f}  p99.9 {:>6.0f} us", at(0.5), at(0.99), at(0.999));
  }
  return text + fmt::format("  {:>5.2f} CPU s/M", side.cpu_per_million().all_seconds);
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

std::string text_of(const Result& result) {
  std::string text = fmt::format("{}: {}\n", result.name, result.about);
  text += side_line("broker", result.broker);
  if (result.written_per_payload > 0) {
    text += fmt::format("  {:.2f} bytes written a payload byte", result.written_per_payload);
  }
  text += fmt::format("\n  {:<26}of its processor time {:.2f} s/M in the hot thread\n", "",
                      result.broker.cpu_per_million().first_thread_seconds);
  text += side_line("TCP echo", result.echo);
  text += fmt::format("\n  {:<26}{:>9.0f} msg/s\n", "bare disk", median(result.raw_rates));
  text += fmt::format("  of the echo {}; of {} {}\n",
                      ratio_text(ratio_of(result.broker.rates(), result.echo.rates())), result.raw_name,
                      ratio_text(ratio_of(result.broker.rates(), result.raw_rates)));
  text += fmt::format("  load at work {:.0f} % of the time; longest pass of the hot loop {:.1f} ms",
                      result.broker.load_share() * 100, result.longest_pass_ms);
  if (result.messages_per_sync > 0) text += fmt::format("; {:.0f} messages a sync", result.messages_per_sync);
  text += "\n  segments: " + result.reserve + "\n";
  if (result.broker.refused() > 0) text += fmt::format("  REFUSED: {} sends\n", result.broker.refused());
  for (const auto& floor : result.floors) text += text_of(floor);
  return text;
}

json::object json_of(const Result& result) {
  json::array floors;
  for (const auto& floor : result.floors) floors.push_back(json_of(floor));
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

}  // namespace bench
