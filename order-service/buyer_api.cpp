#include "order-service/buyer_api.hpp"

#include <boost/asio/error.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <charconv>

#include "chassis/auth.hpp"
#include "contracts/time_text.hpp"
#include "mq/base/assert.hpp"
#include "mq/base/log.hpp"
#include "order-service/domain/order_number.hpp"
#include "order-service/order_json.hpp"

namespace order {
namespace {

namespace json = boost::json;
using mq::net::HttpRequest;
using mq::net::HttpResponse;
using mq::net::json_response;
using mq::net::problem;

constexpr std::int64_t kPageMax = 100;
constexpr std::string_view kUser = "user_id";  // set by the filter, from the token

HttpResponse ok(int status, const json::value& body) { return json_response(status, json::serialize(body)); }
HttpResponse bad(const BadField& field) {
  return problem(422, "The request is not valid",
                 field.pointer.empty() ? field.what : field.pointer + " " + field.what);
}
HttpResponse no_such_order() { return problem(404, "No such order"); }
std::string user_of(const HttpRequest& request) { return request.params.at(std::string(kUser)); }
std::string order_of(const HttpRequest& request) { return request.params.at("order_no"); }

HttpResponse refusal(Placed placed, const std::string& sku) {
  switch (placed) {
    case Placed::created:
      break;
    case Placed::sku_unknown:
      return problem(422, "No such product", sku);
    case Placed::not_on_sale:
      return problem(422, "The product is not on sale", sku);
    case Placed::out_of_stock:
      return problem(409, "Out of stock", sku);
    case Placed::price_changed:
      return problem(409, "The price has changed", "ask for a new quote");
    case Placed::total_too_large:
      return problem(422, "The total is too large");
  }
  base::assertion_failed("placed", "only refusals are refused");
}

struct Page {
  std::string before;  // an order number; empty: from the newest
  std::int64_t limit = 20;
  std::optional<BadField> bad;
};

Page page_of(const HttpRequest& request) {
  Page page;
  if (const auto found = request.query.find("limit"); found != request.query.end()) {
    const auto& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), page.limit);
    if (error != std::errc() || end != text.data() + text.size() || page.limit < 1 || page.limit > kPageMax) {
      page.bad = BadField{"limit", "must be a whole number from 1 to " + std::to_string(kPageMax)};
    }
  }
  if (const auto found = request.query.find("before"); found != request.query.end()) {
    page.before = found->second;
    if (!is_order_number(page.before)) page.bad = BadField{"before", "must be an order number"};
  }
  return page;
}

// Somebody holds the rows, or the server is out of time or of something else.
bool is_temporary(const chassis::SqlError& error) {
  return error.lock_timeout() || error.retryable() || error.state() == "57014" ||
         error.state().starts_with("53");
}

// Nothing is wrong with the request: the same one may work in a moment.
HttpResponse not_now() {
  auto later = problem(503, "The service cannot use its database now", "try again");
  later.headers.emplace("retry-after", "1");
  return later;
}

}  // namespace

BuyerApi::BuyerApi(chassis::Database& database, chassis::Idempotency& idempotency, chassis::Outbox& outbox,
                   StartPayment& start_payment, CloseOrder& close_order, const base::Clock& clock,
                   base::RandomSource random, BuyerApiConfig config)
    : database_(database),
      idempotency_(idempotency),
      outbox_(outbox),
      start_payment_(start_payment),
      close_order_(close_order),
      clock_(clock),
      random_(std::move(random)),
      config_(std::move(config)) {}

void BuyerApi::add_routes(mq::net::HttpServer& server) {
  server.filter([this](HttpRequest& request, std::string_view route) -> std::optional<HttpResponse> {
    if (route == "/catalogue") return std::nullopt;
    const auto principal =
        chassis::verify_token(config_.token_secret, chassis::bearer_token(request), clock_.now());
    if (!principal) {
      auto refused = problem(401, "A valid bearer token is needed");
      refused.headers.emplace("www-authenticate", "Bearer");
      return refused;
    }
    request.params[std::string(kUser)] = principal->user_id;
    const auto order_no = request.params.find("order_no");
    if (order_no != request.params.end() && !is_order_number(order_no->second)) return no_such_order();
    return std::nullopt;
  });
  for (const auto& route : kRoutes) {
    server.route(route.method, route.pattern,
                 [this, &route](Request request) { return serve(route, std::move(request)); });
  }
}

const std::array<BuyerApi::Route, 8> BuyerApi::kRoutes = {{
    {"GET", "/catalogue", &BuyerApi::list_catalogue},
    {"POST", "/quotes", &BuyerApi::quote_lines},
    {"POST", "/orders", &BuyerApi::place},
    {"GET", "/orders", &BuyerApi::list},
    {"GET", "/orders/{order_no}", &BuyerApi::show},
    {"GET", "/orders/{order_no}/timeline", &BuyerApi::timeline},
    {"POST", "/orders/{order_no}/payments", &BuyerApi::pay},
    {"POST", "/orders/{order_no}/cancel", &BuyerApi::cancel},
}};

std::vector<std::pair<std::string_view, std::string_view>> BuyerApi::routes() {
  std::vector<std::pair<std::string_view, std::string_view>> all;
  all.reserve(kRoutes.size());
  for (const auto& route : kRoutes) all.emplace_back(route.method, route.pattern);
  return all;
}

BuyerApi::Answer BuyerApi::serve(const Route& route, Request request) {
  std::string trouble;
  try {
    co_return co_await (this->*route.handle)(std::move(request));
  } catch (const chassis::DatabaseDown& e) {
    trouble = e.what();
  } catch (const chassis::InDoubt& e) {
    trouble = e.what();
  } catch (const chassis::SqlError& e) {
    if (!is_temporary(e)) throw;
    trouble = e.what();
  } catch (const boost::system::system_error& e) {
    if (e.code() != boost::asio::error::timed_out) throw;  // no connection came free
    trouble = e.what();
  }
  base::log("api")->warn("cannot answer now route={} reason={}", route.pattern, base::log_quoted(trouble));
  co_return not_now();
}

Cause BuyerApi::cause_of(const Request& request) const {
  return {.now = clock_.now(),
          .actor = "buyer",
          .traceparent = std::string(request.header("traceparent")),
          .random = random_};
}

BuyerApi::Answer BuyerApi::list_catalogue(Request) {
  const auto products =
      co_await database_.transact([](chassis::Transaction& tx) { return list_products(tx); });
  json::array items;
  for (const auto& product : products) items.push_back(to_json(product));
  co_return ok(200, {{"products", std::move(items)}});
}

BuyerApi::Answer BuyerApi::quote_lines(Request request) {
  const auto wanted = parse_lines(request.body);
  if (wanted.bad) co_return bad(*wanted.bad);
  const auto quoted =
      co_await database_.transact([&](chassis::Transaction& tx) { return quote(tx, wanted.value); });
  if (quoted.placed != Placed::created) co_return refusal(quoted.placed, quoted.sku);
  co_return ok(200, to_json(quoted));
}

BuyerApi::Answer BuyerApi::place(Request request) {
  auto header = chassis::idempotency_header(request);
  if (header.refusal) co_return *header.refusal;
  auto parsed = parse_place_order(request.body);
  if (parsed.bad) co_return bad(*parsed.bad);

  const auto cause = cause_of(request);
  auto& command = parsed.value;
  command.user_id = user_of(request);
  command.order_no = make_order_number(cause.now, random_);
  command.deadline = cause.now + config_.pay_timeout;

  auto answer =
      co_await idempotency_.run({.principal = command.user_id,
                                 .route = "POST /orders",
                                 .key = header.key,
                                 .request_hash = chassis::sha256_hex(request.body)},
                                [command, cause](chassis::Transaction& tx) {
                                  const auto outcome = place_order(tx, command, cause);
                                  if (outcome.placed != Placed::created)
                                    return refusal(outcome.placed, outcome.sku);
                                  auto created = ok(201, to_json(outcome.order, outcome.lines, {}));
                                  created.headers.emplace("location", "/orders/" + outcome.order.order_no);
                                  return created;
                                });
  outbox_.wake();
  co_return answer;
}

BuyerApi::Answer BuyerApi::list(Request request) {
  const auto page = page_of(request);
  if (page.bad) co_return bad(*page.bad);
  const auto orders = co_await database_.transact([&](chassis::Transaction& tx) {
    json::array items;
    for (const auto& order : list_orders(tx, user_of(request), page.before, page.limit)) {
      items.push_back(to_json(order, lines_of(tx, order.order_no), refunds_of(tx, order.order_no)));
    }
    return items;
  });
  co_return ok(200, {{"orders", orders}});
}

BuyerApi::Answer BuyerApi::show(Request request) {
  co_return co_await database_.transact([&](chassis::Transaction& tx) {
    const auto order = find_order(tx, order_of(request));
    if (!order || order->user_id != user_of(request)) return no_such_order();
    return ok(200, to_json(*order, lines_of(tx, order->order_no), refunds_of(tx, order->order_no)));
  });
}

BuyerApi::Answer BuyerApi::timeline(Request request) {
  co_return co_await database_.transact([&](chassis::Transaction& tx) {
    const auto order = find_order(tx, order_of(request));
    if (!order || order->user_id != user_of(request)) return no_such_order();
    json::array entries;
    for (const auto& entry : timeline_of(tx, order->order_no)) entries.push_back(to_json(entry));
    return ok(200, {{"order_no", order->order_no}, {"timeline", std::move(entries)}});
  });
}

BuyerApi::Answer BuyerApi::pay(Request request) {
  const auto channel = parse_start_payment(request.body);
  if (channel.bad) co_return bad(*channel.bad);
  const auto outcome = co_await start_payment_(order_of(request), user_of(request), cause_of(request));
  switch (outcome.started) {
    case PaymentStarted::ready:
      co_return ok(201, {{"out_trade_no", outcome.out_trade_no},
                         {"pay_url", outcome.pay_url},
                         {"expires_at", contracts::format_time(outcome.expires_at)}});
    case PaymentStarted::order_unknown:
      co_return no_such_order();
    case PaymentStarted::not_payable:
      co_return problem(409, "The order cannot be paid any more");
    case PaymentStarted::gateway_refused:
      co_return problem(502, "The payment gateway refused", outcome.reason);
    case PaymentStarted::gateway_unknown:
      break;
  }
  auto later = problem(503, "The payment gateway does not answer", "try again; it is safe");
  later.headers.emplace("retry-after", "2");
  co_return later;
}

BuyerApi::Answer BuyerApi::cancel(Request request) {
  const auto order_no = order_of(request);
  const auto owned = co_await database_.transact([&](chassis::Transaction& tx) {
    const auto order = find_order(tx, order_no);
    return order && order->user_id == user_of(request);
  });
  if (!owned) co_return no_such_order();
  switch (co_await close_order_(order_no, Event::cancelled_by_user, cause_of(request))) {
    case Closed::closed:
    case Closed::already_settled:
      co_return co_await show(std::move(request));
    case Closed::paid_instead:
    case Closed::refused:
      co_return problem(409, "The order is paid and cannot be cancelled");
    case Closed::order_unknown:
      co_return no_such_order();
    case Closed::not_due:
    case Closed::gateway_unknown:
      break;
  }
  auto later = problem(503, "The payment gateway does not answer", "the order stays open; try again");
  later.headers.emplace("retry-after", "2");
  co_return later;
}

}  // namespace order
