#include "sandbox/faults.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

#include "mq/base/aio/with_deadline.hpp"

namespace sandbox {
namespace {

namespace json = boost::json;
using mq::net::HttpRequest;
using mq::net::HttpResponse;

constexpr std::array kParties = {"gateway", "warehouse", "push", "sms", "identity"};
constexpr std::array<std::pair<std::string_view, Mode>, 5> kModes = {
    {{"ok", Mode::ok},
     {"slow", Mode::slow},
     {"fail", Mode::fail},
     {"silent", Mode::silent},
     {"done_but_silent", Mode::done_but_silent}}};
constexpr std::chrono::seconds kSilence{30};
constexpr std::int64_t kDelayMaxMs = 30'000;

// Nothing when the body says something this fault does not know.
std::optional<Fault> parse_fault(std::string_view body) {
  boost::system::error_code error;
  const auto value = json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  Fault fault;
  for (const auto& [key, field] : value.get_object()) {
    if (key == "mode" && field.is_string()) {
      const auto mode = parse_mode(std::string_view(field.get_string()));
      if (!mode) return std::nullopt;
      fault.mode = *mode;
    } else if (key == "delay_ms" && field.is_int64() && field.get_int64() >= 0 &&
               field.get_int64() <= kDelayMaxMs) {
      fault.delay = std::chrono::milliseconds(field.get_int64());
    } else if (key == "ratio" && field.is_number() && field.to_number<double>() >= 0 &&
               field.to_number<double>() <= 1) {
      fault.ratio = field.to_number<double>();
    } else if (key == "late_pay" && field.is_bool()) {
      fault.late_pay = field.get_bool();
    } else if (key == "ignore_expiry" && field.is_bool()) {
      fault.ignore_expiry = field.get_bool();
    } else {
      return std::nullopt;
    }
  }
  return fault;
}

}  // namespace

std::optional<Mode> parse_mode(std::string_view text) {
  for (const auto& [word, mode] : kModes) {
    if (word == text) return mode;
  }
  return std::nullopt;
}

std::string_view name(Mode mode) {
  for (const auto& [word, known] : kModes) {
    if (known == mode) return word;
  }
  return "ok";
}

Faults::Faults(base::RandomSource random) : random_(std::move(random)) {
  for (const auto* party : kParties) faults_.emplace(party, Fault{});
}

const Fault& Faults::of(const std::string& party) const { return faults_.at(party); }

Mode Faults::next_mode(const std::string& party) {
  const auto& fault = of(party);
  const double draw = static_cast<double>(random_() >> 11) / static_cast<double>(std::uint64_t{1} << 53);
  return draw < fault.ratio ? fault.mode : Mode::ok;
}

boost::asio::awaitable<void> Faults::keep_waiting(std::chrono::milliseconds time) {
  constexpr std::chrono::milliseconds kLook{100};
  const auto until = std::chrono::steady_clock::now() + time;
  while (!stopping_ && std::chrono::steady_clock::now() < until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    co_await base::sleep_for(std::min(kLook, left));
  }
}

Faults::Handler Faults::struck(std::string party, HttpResponse failure, Handler handler) {
  return [this, party = std::move(party), failure = std::move(failure), handler = std::move(handler)](
             HttpRequest request) { return strike(party, failure, handler, std::move(request)); };
}

boost::asio::awaitable<HttpResponse> Faults::strike(std::string party, HttpResponse failure, Handler handler,
                                                    HttpRequest request) {
  const auto mode = next_mode(party);
  if (mode == Mode::fail) co_return failure;
  if (mode == Mode::slow) co_await keep_waiting(of(party).delay);
  if (mode == Mode::silent) {
    co_await keep_waiting(kSilence);
    co_return failure;
  }
  auto response = co_await handler(std::move(request));
  if (mode == Mode::done_but_silent) {
    co_await keep_waiting(kSilence);
    co_return failure;
  }
  co_return response;
}

json::value Faults::to_json() const {
  json::object all;
  for (const auto& [party, fault] : faults_) {
    all[party] = {{"mode", name(fault.mode)},
                  {"delay_ms", fault.delay.count()},
                  {"ratio", fault.ratio},
                  {"late_pay", fault.late_pay},
                  {"ignore_expiry", fault.ignore_expiry}};
  }
  return all;
}

boost::asio::awaitable<HttpResponse> Faults::show() {
  co_return mq::net::json_response(200, json::serialize(to_json()));
}

boost::asio::awaitable<HttpResponse> Faults::clear() {
  for (auto& [party, fault] : faults_) fault = Fault{};
  co_return co_await show();
}

boost::asio::awaitable<HttpResponse> Faults::put(HttpRequest request) {
  const auto party = faults_.find(request.params.at("party"));
  if (party == faults_.end())
    co_return mq::net::problem(404, "No such party", "gateway, warehouse, push, sms, identity");
  const auto fault = parse_fault(request.body);
  if (!fault) {
    co_return mq::net::problem(
        422, "Not a fault",
        R"(e.g. {"mode":"slow","delay_ms":200}; modes: ok, slow, fail, silent, done_but_silent; )"
        "delay_ms 0 to 30000, ratio 0 to 1; late_pay and ignore_expiry are true or false");
  }
  party->second = *fault;
  co_return mq::net::json_response(200, json::serialize(to_json()));
}

void Faults::add_routes(mq::net::HttpServer& server) {
  server.route("GET", "/faults", [this](const HttpRequest&) { return show(); });
  server.route("DELETE", "/faults", [this](const HttpRequest&) { return clear(); });
  server.route("PUT", "/faults/{party}", [this](HttpRequest request) { return put(std::move(request)); });
}

}  // namespace sandbox
