#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/callback/drive.hpp"
#include "bench/callback/effects.hpp"
#include "bench/callback/notification.hpp"
#include "bench/callback/orders.hpp"
#include "bench/callback/system.hpp"
#include "bench/measure/process.hpp"
#include "bench/measure/scratch.hpp"
#include "cli/keys.hpp"
#include "cli/layout.hpp"
#include "cli/run_coroutine.hpp"
#include "cli/shop.hpp"
#include "mq/base/clock.hpp"
#include "mq/base/settings.hpp"

namespace bench {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

struct Options {
  std::filesystem::path folder = "/var/tmp";
  std::vector<std::string> rates{"200", "500"};
  int seconds = 10;
  std::chrono::milliseconds third_parties{200};
  bool json = false;
};

int number_in(const std::string& text) {
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() ? number : 0;
}

void add_settings(base::Settings& settings, Options& options) {
  settings.add("rates", options.rates, "callbacks a second, one measurement for each");
  settings.add("seconds", options.seconds, "length of a measurement");
  settings.range("seconds", 1, 600);
  settings.add("third-parties", options.third_parties, "how long each call to a third party takes");
  settings.range("third-parties", 0, 30'000);
  settings.add("folder", options.folder, "where the system's data goes");
  settings.add("json", options.json, "one JSON object a measurement in place of text");
  settings.example("sluice-bench-callback");
  settings.example("sluice-bench-callback --rates 500 --seconds 60");
  settings.check([&options] {
    for (const auto& rate : options.rates) {
      if (number_in(rate) < 1 || number_in(rate) > 10'000) return "no rate from 1 to 10000: " + rate;
    }
    return std::string();
  });
}

using ProcessorTime = std::map<std::string, double>;  // seconds by process, this program's under "load"

ProcessorTime processor_time(const cli::RunState& state) {
  ProcessorTime used{{"load", cpu_seconds_of(::getpid())}};
  for (const auto& process : state.processes) used[process.name] = cpu_seconds_of_tree(process.pid);
  return used;
}

struct Report {
  int rate = 0;
  ProcessorTime processor_ms;  // of each callback with all that follows
  double placed_per_second = 0;
  Answers answers;
  Effects::Outcome effects;
};

double ms(const Histogram& histogram, double q) { return histogram.quantile(q) / 1e6; }

std::string row(const std::string& what, const Histogram& histogram) {
  return fmt::format("  {:<34} p50 {:>7.1f}  p99 {:>7.1f}  p99.9 {:>7.1f}  worst {:>7.1f} ms\n", what,
                     ms(histogram, 0.5), ms(histogram, 0.99), ms(histogram, 0.999), ms(histogram, 1));
}

std::string processor_text(const ProcessorTime& used) {
  std::string text = "  processor ms for each order:";
  double sum = 0;
  for (const auto& [name, each] : used) {
    text += fmt::format(" {} {:.2f},", name, each);
    sum += each;
  }
  return text + fmt::format(" together {:.2f}\n", sum);
}

json::object quantiles(const Histogram& histogram) {
  return {{"p50_ms", ms(histogram, 0.5)},
          {"p99_ms", ms(histogram, 0.99)},
          {"p999_ms", ms(histogram, 0.999)},
          {"worst_ms", ms(histogram, 1)}};
}

std::string text_of(const Report& report, const Options& options) {
  const auto& answers = report.answers;
  auto text = fmt::format(
      "{} callbacks/s for {} s, third parties answer after {} ms: {} asked, {} not answered with success\n"
      "  (orders were placed and their payments started at {:.0f}/s before)\n",
      report.rate, options.seconds, options.third_parties.count(), answers.asked, answers.failed,
      report.placed_per_second);
  text += row("answer to the gateway", answers.latency);
  text += row("from there to the rewards", report.effects.rewards);
  text += row("from there to the push call", report.effects.push);
  text += row("from there to the ship request", report.effects.ship);
  text += processor_text(report.processor_ms);
  if (report.effects.missing > 0)
    text += fmt::format("  MISSING: {} orders lack something\n", report.effects.missing);
  return text;
}

json::object json_of(const Report& report) {
  return {{"name", "callback"},
          {"rate", report.rate},
          {"asked", report.answers.asked},
          {"answered", report.answers.asked - report.answers.failed},
          {"seconds", report.answers.seconds},
          {"placed_per_second", report.placed_per_second},
          {"answer", quantiles(report.answers.latency)},
          {"rewards", quantiles(report.effects.rewards)},
          {"push", quantiles(report.effects.push)},
          {"ship", quantiles(report.effects.ship)},
          {"processor_ms", json::value_from(report.processor_ms)},
          {"missing", report.effects.missing}};
}

asio::awaitable<void> set_delay(mq::net::HttpClient& http, cli::RunState state,
                                std::chrono::milliseconds delay) {
  cli::Shop shop(http, std::move(state));
  const auto fault = delay.count() == 0 ? std::string(R"({"mode":"ok"})")
                                        : fmt::format(R"({{"mode":"slow","delay_ms":{}}})", delay.count());
  for (const auto* party : {"gateway", "warehouse", "push", "sms"}) co_await shop.set_fault(party, fault);
}

std::vector<Callback> sign(const std::vector<Unpaid>& orders, const cli::Layout& layout) {
  const chassis::RsaPrivateKey key(cli::key_files(layout.secrets()).gateway);
  std::vector<Callback> callbacks;
  callbacks.reserve(orders.size());
  for (const auto& order : orders) {
    callbacks.push_back({order.order_no, paid_notification(order, key, base::SystemClock{}.now())});
  }
  return callbacks;
}

asio::awaitable<int> measure(const RunningSystem& system, const Options& options) {
  mq::net::HttpClient http(co_await asio::this_coro::executor);
  const auto url = system.state().endpoint("order-service", "callbacks") + "/callbacks/alipay";
  for (const auto& text : options.rates) {
    Report report;
    report.rate = number_in(text);
    co_await set_delay(http, system.state(), {});
    const auto began = std::chrono::steady_clock::now();
    const auto orders = co_await place_orders(http, system.state(), report.rate * options.seconds);
    report.placed_per_second =
        static_cast<double>(orders.size()) /
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    auto callbacks = sign(orders, system.layout());
    co_await wait_until_idle(http, system.state());
    co_await set_delay(http, system.state(), options.third_parties);
    const auto before = processor_time(system.state());
    report.answers = co_await drive(http, url, std::move(callbacks), report.rate);
    Effects effects(system.layout().data_of("sandbox"), options.third_parties);
    co_await effects.collect(system.state(), report.answers);
    report.effects = effects.outcome(report.answers);
    for (const auto& [name, seconds] : processor_time(system.state())) {
      report.processor_ms[name] = (seconds - before.at(name)) * 1e3 / report.answers.asked;
    }
    std::fputs(
        options.json ? (json::serialize(json_of(report)) + "\n").c_str() : text_of(report, options).c_str(),
        stdout);
    std::fflush(stdout);
  }
  co_return 0;
}

int run(const Options& options, const std::filesystem::path& scratch) {
  const RunningSystem system(cli::program_folder(), scratch / "system");
  asio::io_context context(1);
  return cli::run_coroutine(context, measure(system, options));
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Options options;
  base::Settings settings(
      "sluice-bench-callback",
      "Starts the whole system, posts signed payment callbacks at a fixed rate, and measures their "
      "answers and what follows from them.");
  bench::add_settings(settings, options);
  if (const auto exit = settings.parse(argc, argv)) return *exit;
  try {
    return bench::with_scratch(options.folder, "sluice-bench-callback",
                               [&](const auto& scratch) { return bench::run(options, scratch); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluice-bench-callback: %s\n", error.what());
    return 1;
  }
}
