#include "mq/apps/test_routes.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "mq/apps/message_json.hpp"
#include "mq/broker/ask_across.hpp"
#include "mq/model/names.hpp"

namespace mq::apps {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;
using net::HttpRequest;
using net::HttpResponse;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kAnswerMax{10};
constexpr std::size_t kCountMax = 1'000'000;
constexpr milliseconds kAwaitUsual{5000};

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

// "300ms", "10s", "2m".
std::optional<milliseconds> duration_of(std::string_view text) {
  milliseconds unit{0};
  if (text.ends_with("ms")) {
    unit = milliseconds{1};
    text.remove_suffix(2);
  } else if (text.ends_with('s') || text.ends_with('m')) {
    unit = text.ends_with('s') ? milliseconds{1000} : milliseconds{60'000};
    text.remove_suffix(1);
  }
  const auto number = number_of<std::uint32_t>(text);
  if (!number || unit.count() == 0) return {};
  return *number * unit;
}

// The query, or the answer that says what is wrong with it.
std::variant<broker::AwaitQuery, HttpResponse> await_query(const HttpRequest& request) {
  broker::AwaitQuery query;
  auto within = kAwaitUsual;
  const auto wrong = [](const std::string& why) {
    return net::problem(400, "the request makes no sense", why);
  };
  for (const auto& [name, value] : request.query) {
    if (name == "topic") {
      query.topic = value;
    } else if (name == "key") {
      query.key = value;
    } else if (name == "tag") {
      query.tag = value;
    } else if (name == "group") {
      query.group = value;
    } else if (name == "count") {
      const auto count = number_of<std::size_t>(value);
      if (!count || *count > kCountMax) return wrong("count is a number up to " + std::to_string(kCountMax));
      query.count = *count;
    } else if (name == "within") {
      const auto duration = duration_of(value);
      if (!duration || *duration > kAwaitMax)
        return wrong("within is a duration up to 60s, such as 300ms or 5s");
      within = *duration;
    } else {
      return wrong("there is no " + name + "; there are topic, key, tag, group, count and within");
    }
  }
  if (!is_valid_topic(query.topic)) return wrong("topic is the name of a topic; write %25 for a % in it");
  query.deadline = std::chrono::steady_clock::now() + within;
  return query;
}

HttpResponse await_response(const broker::AwaitResult& result) {
  using broker::AwaitEnd;
  switch (result.end) {
    case AwaitEnd::reached:
      return net::json_response(200, json::serialize(await_json(result)));
    case AwaitEnd::late:
      return net::json_response(408, json::serialize(await_json(result)));
    case AwaitEnd::reset:
      return net::problem(409, "the broker was reset while this waited");
    case AwaitEnd::stopping:
      return net::problem(503, "the broker stops");
    case AwaitEnd::too_many:
      return net::problem(429, "too many wait already",
                          "at most " + std::to_string(broker::Awaits::kWaitingMax) + " at a time");
  }
  return net::problem(500, "unknown");
}

HttpResponse silent() { return net::problem(503, "the broker does not answer"); }

HttpResponse of_durable(std::string_view what) {
  return net::problem(403, "this broker keeps its data",
                      std::string(what) + " is for brokers of one test run: start it with --ephemeral");
}

// One object for all routes, and for as long as there are any: its handlers are coroutines.
class Routes {
 public:
  explicit Routes(TestHooks hooks) : hooks_(std::move(hooks)) {}

  awaitable<HttpResponse> await(HttpRequest request) const {
    auto query = await_query(request);
    if (auto* const wrong = std::get_if<HttpResponse>(&query)) co_return std::move(*wrong);
    auto& asked = std::get<broker::AwaitQuery>(query);
    const auto limit = std::chrono::ceil<milliseconds>(asked.deadline - std::chrono::steady_clock::now());
    const auto result = co_await broker::ask_across<broker::AwaitResult>(
        [this, &asked](std::function<void(broker::AwaitResult)> then) {
          hooks_.post([await = hooks_.await, asked, then = std::move(then)] { await(asked, then); });
        },
        limit + kAnswerMax);
    co_return result ? await_response(*result) : silent();
  }

  awaitable<HttpResponse> reset() const {
    if (!hooks_.reset) co_return of_durable("reset");
    const auto took = co_await on_hot<std::chrono::microseconds>(hooks_.reset);
    if (!took) co_return silent();
    co_return net::json_response(200,
                                 json::serialize(json::object{{"reset", true}, {"took_us", took->count()}}));
  }

  awaitable<HttpResponse> make_topic(HttpRequest request) const {
    if (!hooks_.make_topic) co_return of_durable("making topics over HTTP");
    const auto& topic = request.params.at("topic");
    const auto asked = request.query.contains("queues") ? request.query.at("queues") : "8";
    const auto queues = number_of<std::int32_t>(asked).value_or(0);
    if (!is_valid_topic(topic) || queues < 1 || queues > kTestQueuesMax) {
      co_return net::problem(
          400, "the topic makes no sense",
          "a topic has letters, digits, -, _ and %, and 1 to " + std::to_string(kTestQueuesMax) + " queues");
    }
    const auto made =
        co_await on_hot<bool>([make = hooks_.make_topic, topic, queues] { return make(topic, queues); });
    if (!made) co_return silent();
    if (!*made) co_return net::problem(507, "the topic cannot be stored");
    co_return net::json_response(200, json::serialize(json::object{{"topic", topic}, {"queues", queues}}));
  }

  awaitable<HttpResponse> add_fault(std::string body) const {
    if (!hooks_.faults) co_return of_durable("faults");
    auto parsed = broker::parse_fault(body);
    if (!parsed.rule) co_return net::problem(400, "the fault makes no sense", parsed.problem);
    const auto id = co_await on_hot<std::uint64_t>(
        [faults = hooks_.faults, rule = std::move(*parsed.rule)] { return faults().add(rule); });
    if (!id) co_return silent();
    if (*id == 0) co_return net::problem(429, "too many faults", "DELETE /faults clears them");
    co_return net::json_response(201, json::serialize(json::object{{"id", *id}}));
  }

  awaitable<HttpResponse> list_faults() const {
    if (!hooks_.faults) co_return of_durable("faults");
    const auto counts = co_await on_hot<std::vector<broker::FaultCount>>(
        [faults = hooks_.faults] { return faults().list(); });
    co_return counts ? net::json_response(200, broker::format_faults(*counts)) : silent();
  }

  // All of them, or one.
  awaitable<HttpResponse> remove_faults(std::optional<std::uint64_t> id) const {
    if (!hooks_.faults) co_return of_durable("faults");
    const auto removed = co_await on_hot<bool>([faults = hooks_.faults, id] {
      if (id) return faults().remove(*id);
      faults().clear();
      return true;
    });
    if (!removed) co_return silent();
    if (!*removed) co_return net::problem(404, "there is no such fault");
    HttpResponse gone;
    gone.status = 204;
    co_return gone;
  }

 private:
  template <class T>
  awaitable<std::optional<T>> on_hot(std::function<T()> work) const {
    return broker::ask_across<T>(
        [post = hooks_.post, work = std::move(work)](std::function<void(T)> then) {
          post([work, then = std::move(then)] { then(work()); });
        },
        kAnswerMax);
  }

  TestHooks hooks_;
};

}  // namespace

void add_test_routes(net::HttpServer& http, const TestHooks& hooks) {
  const auto routes = std::make_shared<const Routes>(hooks);
  http.filter([](HttpRequest& request, std::string_view route) -> std::optional<HttpResponse> {
    const bool ours = route == "/await" || route == "/reset" || route.starts_with("/topics") ||
                      route.starts_with("/faults");
    if (!ours || request.header("origin").empty()) return std::nullopt;
    return net::problem(403, "this is not for browsers");
  });
  http.route("GET", "/await", [routes](HttpRequest request) { return routes->await(std::move(request)); });
  http.route("POST", "/reset", [routes](const HttpRequest&) { return routes->reset(); });
  http.route("PUT", "/topics/{topic}",
             [routes](HttpRequest request) { return routes->make_topic(std::move(request)); });
  http.route("POST", "/faults",
             [routes](HttpRequest request) { return routes->add_fault(std::move(request.body)); });
  http.route("GET", "/faults", [routes](const HttpRequest&) { return routes->list_faults(); });
  http.route("DELETE", "/faults",
             [routes](const HttpRequest&) { return routes->remove_faults(std::nullopt); });
  http.route("DELETE", "/faults/{id}", [routes](const HttpRequest& request) {
    return routes->remove_faults(number_of<std::uint64_t>(request.params.at("id")).value_or(0));
  });
}

}  // namespace mq::apps
