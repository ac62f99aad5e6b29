#include "sandbox/provider.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <optional>

#include "contracts/json_field.hpp"

namespace sandbox {
namespace {

namespace json = boost::json;
using mq::net::HttpRequest;
using mq::net::HttpResponse;

// A stand-in for the buyers who switched notifications off.
constexpr std::string_view kNoDevice = "-nodevice";

using contracts::text;

std::optional<json::object> parse_message(const std::string& body,
                                          std::initializer_list<std::string_view> needed) {
  boost::system::error_code error;
  auto value = json::parse(body, error);
  if (error || !value.is_object()) return std::nullopt;
  for (const auto field : needed) {
    if (text(value.get_object(), field).empty()) return std::nullopt;
  }
  return std::move(value.get_object());
}

}  // namespace

Provider::Provider(chassis::Service& service, Faults& faults, const std::filesystem::path& folder)
    : service_(service),
      faults_(faults),
      push_ledger_(folder / "push.jsonl",
                   [this](const json::object& e) { pushes_[text(e, "message_id")] = e; }),
      sms_ledger_(folder / "sms.jsonl",
                  [this](const json::object& e) { texts_[text(e, "message_id")] = e; }) {}

void Provider::add_routes(mq::net::HttpServer& server) {
  const auto failure = mq::net::problem(503, "The provider is down");
  server.route("POST", "/push/messages",
               faults_.struck("push", failure, [this](HttpRequest r) { return on_push(std::move(r)); }));
  server.route("POST", "/sms/messages",
               faults_.struck("sms", failure, [this](HttpRequest r) { return on_sms(std::move(r)); }));
  add_ledger_route(server, "/ledger/push", pushes_);
  add_ledger_route(server, "/ledger/sms", texts_);
}

void Provider::add_ledger_route(mq::net::HttpServer& server, const std::string& path,
                                const Messages& messages) {
  server.route("GET", path, [&messages](HttpRequest r) { return show_ledger(messages, std::move(r)); });
}

boost::asio::awaitable<HttpResponse> Provider::show_ledger(const Messages& messages, HttpRequest request) {
  const auto order_no = request.query.find("order_no");
  if (order_no == request.query.end()) co_return mq::net::problem(400, "Say which", "?order_no=…");
  json::array entries;
  for (auto at = messages.lower_bound(order_no->second);
       at != messages.end() && at->first.starts_with(order_no->second); ++at) {
    entries.push_back(at->second);
  }
  co_return mq::net::json_response(200, json::serialize(json::object{{"entries", std::move(entries)}}));
}

HttpResponse Provider::accept(json::object message, Messages& messages, Ledger& ledger) {
  const auto id = text(message, "message_id");
  if (!messages.contains(id)) {
    message["at_ms"] = base::to_millis(service_.clock().now());
    ledger.append(message);
    messages.emplace(id, std::move(message));
  }
  return mq::net::json_response(200, R"({"status":"SENT"})");
}

boost::asio::awaitable<HttpResponse> Provider::on_push(HttpRequest request) {
  auto message = parse_message(request.body, {"message_id", "user_id", "title", "body"});
  if (!message) co_return mq::net::problem(422, "message_id, user_id, title and body are needed");
  if (text(*message, "user_id").ends_with(kNoDevice)) {
    co_return mq::net::json_response(410, R"({"error":"NO_DEVICE"})");
  }
  co_return accept(std::move(*message), pushes_, push_ledger_);
}

boost::asio::awaitable<HttpResponse> Provider::on_sms(HttpRequest request) {
  auto message = parse_message(request.body, {"message_id", "phone", "text"});
  if (!message) co_return mq::net::problem(422, "message_id, phone and text are needed");
  co_return accept(std::move(*message), texts_, sms_ledger_);
}

}  // namespace sandbox
