#include "order-service/order_json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <map>

#include "contracts/time_text.hpp"
#include "order-service/deadline.hpp"

namespace order {
namespace {

namespace json = boost::json;

constexpr std::size_t kAddressFieldMax = 200;  // characters
constexpr std::size_t kSkuMax = 64;
constexpr std::size_t kDepthMax = 8;

std::optional<json::object> parse_object(std::string_view body) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = kDepthMax;
  auto value = json::parse({body.data(), body.size()}, error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

// Characters are counted as JSON Schema does, by code points. A NUL is one in JSON, but the database has
// none.
bool is_text(std::string_view utf8, std::size_t max) {
  const auto length = std::ranges::count_if(utf8, [](char c) { return (c & 0xc0) != 0x80; });
  return static_cast<std::size_t>(length) <= max && utf8.find('\0') == std::string_view::npos;
}

std::optional<std::string> text_field(const json::object& object, std::string_view field, std::size_t max) {
  const auto* value = object.if_contains(field);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const std::string_view text = value->get_string();
  if (text.empty() || !is_text(text, max)) return std::nullopt;
  return std::string(text);
}

std::optional<BadField> read_lines(const json::object& body, std::vector<WantedLine>& into) {
  const auto* lines = body.if_contains("lines");
  if (lines == nullptr || !lines->is_array())
    return BadField{"/lines", "must be an array of {sku, quantity}"};
  const auto& array = lines->get_array();
  if (array.empty() || array.size() > kLinesMax) {
    return BadField{"/lines", "must have 1 to " + std::to_string(kLinesMax) + " lines"};
  }
  std::map<std::string, std::int64_t> wanted;  // sorted: stock is reserved in SKU order
  for (std::size_t i = 0; i < array.size(); ++i) {
    const auto at = "/lines/" + std::to_string(i);
    const auto* line = array[i].if_object();
    if (line == nullptr) return BadField{at, "must be an object"};
    const auto sku = text_field(*line, "sku", kSkuMax);
    if (!sku) return BadField{at + "/sku", "must be a text of 1 to 64 characters"};
    const auto* quantity = line->if_contains("quantity");
    const auto* number = quantity == nullptr ? nullptr : quantity->if_int64();
    if (number == nullptr || *number < 1 || *number > kQuantityMax) {
      return BadField{at + "/quantity", "must be a whole number from 1 to " + std::to_string(kQuantityMax)};
    }
    auto& sum = wanted[*sku];
    sum += *number;
    if (sum > kQuantityMax) return BadField{at + "/quantity", "is too much of one product together"};
  }
  for (const auto& [sku, quantity] : wanted) into.push_back({sku, quantity});
  return std::nullopt;
}

std::optional<BadField> read_address(const json::object& body, contracts::Address& into) {
  const auto* value = body.if_contains("ship_to");
  const auto* address = value == nullptr ? nullptr : value->if_object();
  if (address == nullptr) return BadField{"/ship_to", "must be an object of name, phone, city, street"};
  for (auto [field, target] : {std::pair{"name", &into.name}, std::pair{"phone", &into.phone},
                               std::pair{"city", &into.city}, std::pair{"street", &into.street}}) {
    auto text = text_field(*address, field, kAddressFieldMax);
    if (!text) return BadField{std::string("/ship_to/") + field, "must be a text of 1 to 200 characters"};
    *target = std::move(*text);
  }
  return std::nullopt;
}

std::optional<BadField> read_rest(const json::object& body, PlaceOrderCommand& into) {
  if (const auto* note = body.if_contains("note")) {
    if (!note->is_string() || !is_text(note->get_string(), kNoteLengthMax)) {
      return BadField{"/note", "must be a text of at most 500 characters"};
    }
    into.note = note->get_string();
  }
  if (const auto* expected = body.if_contains("expected_total_fen")) {
    const auto* fen = expected->if_int64();
    into.expected_total = fen == nullptr ? std::nullopt : Money::of_fen(*fen);
    if (!into.expected_total) return BadField{"/expected_total_fen", "must be an amount in fen"};
  }
  return std::nullopt;
}

const BadField kNotJson{"", "the body must be a JSON object in UTF-8"};

json::value maybe(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value();
}

}  // namespace

Parsed<std::vector<WantedLine>> parse_lines(std::string_view text) {
  const auto body = parse_object(text);
  if (!body) return {.value = {}, .bad = kNotJson};
  Parsed<std::vector<WantedLine>> parsed;
  parsed.bad = read_lines(*body, parsed.value);
  return parsed;
}

Parsed<PlaceOrderCommand> parse_place_order(std::string_view text) {
  const auto body = parse_object(text);
  if (!body) return {.value = {}, .bad = kNotJson};
  Parsed<PlaceOrderCommand> parsed;
  parsed.bad = read_lines(*body, parsed.value.lines);
  if (!parsed.bad) parsed.bad = read_address(*body, parsed.value.ship_to);
  if (!parsed.bad) parsed.bad = read_rest(*body, parsed.value);
  return parsed;
}

Parsed<std::string> parse_start_payment(std::string_view text) {
  const auto body = parse_object(text);
  if (!body) return {.value = {}, .bad = kNotJson};
  const auto channel = text_field(*body, "channel", 32);
  if (channel != "alipay") return {.value = {}, .bad = BadField{"/channel", "must be \"alipay\""}};
  return {.value = *channel, .bad = std::nullopt};
}

json::value to_json(const Product& p) {
  return {{"sku", p.sku},
          {"name_zh", p.name_zh},
          {"name_en", p.name_en},
          {"description", p.description},
          {"price_fen", p.price.fen()},
          {"available", std::max<std::int64_t>(p.available, 0)}};
}

json::value to_json(const Quote& q) {
  return {{"lines", json::value_from(q.lines)}, {"total_fen", q.total.fen()}};
}

json::value to_json(const OrderRow& o, const std::vector<contracts::OrderLine>& lines,
                    const std::vector<Refund>& refunds) {
  json::array back;
  for (const auto& r : refunds) {
    back.push_back({{"refund_no", r.refund_no},
                    {"amount_fen", r.amount.fen()},
                    {"reason", r.reason},
                    {"state", r.state}});
  }
  return {{"order_no", o.order_no},
          {"state", name(o.state)},
          {"close_reason", maybe(o.close_reason)},
          {"total_fen", o.total.fen()},
          {"pay_before", contracts::format_time(shown_deadline(o))},
          {"created_at", contracts::format_time(o.created_at)},
          {"version", o.version},
          {"lines", json::value_from(lines)},
          {"ship_to", json::value_from(o.ship_to)},
          {"note", o.note},
          {"carrier", maybe(o.carrier)},
          {"tracking_no", maybe(o.tracking_no)},
          {"refunds", std::move(back)}};
}

json::value to_json(const TimelineEntry& e) {
  return {{"sequence", e.sequence},
          {"type", e.type},
          {"at", contracts::format_time(e.at)},
          {"actor", e.actor},
          {"detail", e.detail}};
}

}  // namespace order
