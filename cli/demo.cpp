#include "cli/demo.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "cli/console.hpp"
#include "contracts/envelope.hpp"
#include "contracts/json_field.hpp"
#include "contracts/topics.hpp"
#include "mq/base/aio/with_deadline.hpp"
#include "mq/base/ids.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;
namespace json = boost::json;

// Its stock is counted: not the product that `sluice order place` takes when nobody names one.
constexpr auto kSku = "SKU-1015";
constexpr auto kUser = "demo";
constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::seconds kNothingHappens{8};
constexpr std::chrono::minutes kTryAgain{5};  // past the first pause of the gateway's schedule

using contracts::text;

// How many entries of a ledger are of this type, and what they are worth together.
struct Booked {
  int count = 0;
  std::int64_t fen = 0;
};
Booked booked(const json::object& ledger, std::string_view type) {
  Booked sum;
  for (const auto& entry : ledger.at("entries").as_array()) {
    const auto& e = entry.as_object();
    if (text(e, "type") != type) continue;
    ++sum.count;
    if (const auto* fen = e.if_contains("amount_fen")) sum.fen += fen->as_int64();
  }
  return sum;
}

std::int64_t available(const json::object& catalogue) {
  for (const auto& product : catalogue.at("products").as_array()) {
    if (text(product.as_object(), "sku") == kSku) return product.as_object().at("available").as_int64();
  }
  return -1;
}
}  // namespace

void Demo::expect(bool holds, const std::string& what) {
  if (!holds) wrong_.push_back(what);
  say_(fmt::format("  {} {}", holds ? paint(Colour::green, "ok   ") : paint(Colour::red, "WRONG"), what));
}

asio::awaitable<std::string> Demo::place(std::string title) {
  say_("");
  say_(paint(Colour::bold, title));
  const auto key = base::uuid_v7(base::SystemClock{}.now(), base::system_random());
  const auto order = co_await shop_.place({{kSku, 1}}, key);
  const auto order_no = text(order, "order_no");
  co_await tell_news(order_no, {});
  co_return order_no;
}

asio::awaitable<bool> Demo::tell_news(std::string order_no, std::string awaited) {
  const auto answer = co_await shop_.timeline(order_no);
  const auto& timeline = answer.at("timeline").as_array();
  for (auto& told = told_[order_no]; told < timeline.size(); ++told) {
    const auto& e = timeline[told].as_object();
    say_(fmt::format("  {}  {}  {:<16} by {:<14} {}", text(e, "at"), order_no, text(e, "type"),
                     text(e, "actor"), text(e, "detail")));
  }
  co_return std::ranges::any_of(timeline,
                                [&](const json::value& e) { return text(e.as_object(), "type") == awaited; });
}

// A notification that met a dead process comes again when the gateway's schedule says so: minutes later,
// on the business clock.
asio::awaitable<void> Demo::wait_until(std::string order_no, std::string last_event) {
  const auto deadline = base::deadline_in(kPatience);
  auto next_push = base::deadline_in(kNothingHappens);
  while (!co_await tell_news(order_no, last_event)) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) {
      throw std::runtime_error(fmt::format("order {} did not come to {} in {} s; see sluice status", order_no,
                                           last_event, kPatience.count()));
    }
    if (now >= next_push) {
      say_("  nothing happens; some minutes pass, so that third parties try again");
      co_await let_time_pass_(kTryAgain);
      co_await shop_.log_in(kUser);
      next_push = base::deadline_in(kNothingHappens);
    }
    co_await base::sleep_for(kLook);
  }
}

// A gateway that is started anew has forgotten that it is to take the money.
asio::awaitable<void> Demo::pay_although_closed(std::string pay_url) {
  const auto deadline = base::deadline_in(kPatience);
  std::string refusal;
  do {
    if (!refusal.empty()) co_await base::sleep_for(kLook);
    refusal.clear();
    co_await shop_.set_fault("gateway", R"({"late_pay":true})");
    try {
      co_await shop_.pay_at(pay_url);
    } catch (const boost::system::system_error&) {
      throw;
    } catch (const std::runtime_error& error) {
      refusal = error.what();
    }
  } while (!refusal.empty() && std::chrono::steady_clock::now() < deadline);
  co_await shop_.set_fault("gateway", R"({"late_pay":false})");
  if (!refusal.empty()) throw std::runtime_error(refusal);
}

// A story that broke off left orders that the passing day would close, and whose stock it would free.
asio::awaitable<void> Demo::tidy_up() {
  const auto page = co_await shop_.orders();
  for (const auto& one : page.at("orders").as_array()) {
    const auto& order = one.as_object();
    if (text(order, "state") == "PENDING_PAYMENT") co_await shop_.cancel(text(order, "order_no"));
  }
}

asio::awaitable<std::vector<std::string>> Demo::run() {
  co_await shop_.log_in(kUser);
  co_await tidy_up();
  const auto before = available(co_await shop_.catalogue());

  const auto shipped = co_await place("1. An order is placed, paid, rewarded and shipped");
  const auto payment = co_await shop_.start_payment(shipped);
  say_("  pay page " + text(payment, "pay_url"));
  co_await shop_.pay_at(text(payment, "pay_url"));
  co_await wait_until(shipped, "OrderShipped");

  const auto unpaid = co_await place("2. An order is left unpaid");
  const auto late = co_await place("3. An order whose buyer dawdles on the pay page");
  const auto late_payment = co_await shop_.start_payment(late);
  say_("  pay page " + text(late_payment, "pay_url"));

  say_("");
  say_(paint(Colour::bold, "A day passes"));
  co_await let_time_pass_(std::chrono::hours{24} + std::chrono::minutes{1});
  co_await shop_.log_in(kUser);
  co_await wait_until(unpaid, "OrderClosed");
  co_await wait_until(late, "OrderClosed");

  say_("");
  say_(paint(Colour::bold, "The third buyer pays all the same, and the gateway lets it through"));
  co_await pay_although_closed(text(late_payment, "pay_url"));
  co_await wait_until(late, "PaymentRefunded");

  say_("");
  say_(paint(Colour::bold, "Do the database, the queue and the third parties agree?"));
  co_await audit_shipped(shipped);
  co_await audit_closed(unpaid);
  co_await audit_refunded(late);
  expect(available(co_await shop_.catalogue()) == before - 1,
         "one unit of stock is gone: the one that was shipped");
  co_return wrong_;
}

asio::awaitable<void> Demo::audit_shipped(std::string no) {
  // Rewards and notifications hang on their own messages: give the last of them a moment.
  const auto deadline = base::deadline_in(kPatience);
  std::set<std::string> sent;
  while (!sent.contains(no + "-order_shipped") && std::chrono::steady_clock::now() < deadline) {
    const auto ledger = co_await shop_.ledger("push", no);
    for (const auto& e : ledger.at("entries").as_array()) sent.insert(text(e.as_object(), "message_id"));
    co_await base::sleep_for(kLook);
  }
  const auto order = co_await shop_.order(no);
  expect(text(order, "state") == "SHIPPED", no + " is SHIPPED");
  const auto rewards = co_await shop_.rewards(no);
  expect(rewards.at("coupons").as_array().size() == 1 && rewards.at("points").as_array().size() == 1 &&
             rewards.at("red_packets").as_array().size() == 1,
         "one coupon, one points entry, one red packet");
  const auto gateway = co_await shop_.ledger("gateway", no);
  const auto paid = booked(gateway, "paid");
  expect(paid.count == 1 && paid.fen == order.at("total_fen").as_int64() &&
             booked(gateway, "refunded").count == 0,
         "the gateway's ledger: paid once, in full, nothing back");
  const auto warehouse = co_await shop_.ledger("warehouse", no);
  expect(booked(warehouse, "accepted").count == 1 && booked(warehouse, "shipped").count == 1,
         "the warehouse's ledger: accepted once, shipped once");
  expect(sent == std::set{no + "-order_paid", no + "-order_shipped"},
         "the provider's ledger: two notifications");
  co_await audit_queue(no);
}

asio::awaitable<void> Demo::audit_closed(std::string no) {
  const auto order = co_await shop_.order(no);
  expect(text(order, "state") == "CLOSED" && text(order, "close_reason") == "TIMEOUT",
         no + " is CLOSED by its deadline");
  expect((co_await shop_.ledger("gateway", no)).at("entries").as_array().empty(),
         "the gateway never heard of it");
  co_await audit_queue(no);
}

asio::awaitable<void> Demo::audit_refunded(std::string no) {
  const auto order = co_await shop_.order(no);
  expect(text(order, "state") == "CLOSED", no + " stays CLOSED");
  const auto& refunds = order.at("refunds").as_array();
  expect(refunds.size() == 1 && text(refunds[0].as_object(), "state") == "SUCCEEDED", "its refund SUCCEEDED");
  const auto gateway = co_await shop_.ledger("gateway", no);
  const auto paid = booked(gateway, "paid");
  const auto back = booked(gateway, "refunded");
  expect(paid.count == 1 && back.count == 1 && paid.fen == back.fen,
         "the gateway's ledger: paid once, all of it back");
  const auto rewards = co_await shop_.rewards(no);
  expect(rewards.at("coupons").as_array().empty() && rewards.at("points").as_array().empty(),
         "no reward for it");
  co_await audit_queue(no);
}

asio::awaitable<std::set<std::int64_t>> Demo::sequences_of(std::string no) {
  std::set<std::int64_t> sequences;
  try {
    for (const auto& m : co_await admin_.find_by_key(std::string(contracts::topic::kOrderEvents), no, 64)) {
      if (const auto envelope = contracts::decode_envelope(m.body)) sequences.insert(envelope->sequence);
    }
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
  } catch (const mq::client::AdminError&) {
    sequences.clear();  // a broker that is just being started; asked again
  }
  co_return sequences;
}

// Every event of the order is in the queue, once or more, without a gap.
asio::awaitable<void> Demo::audit_queue(std::string no) {
  const auto version = (co_await shop_.order(no)).at("version").as_int64();
  const auto deadline = base::deadline_in(kPatience);
  bool whole = false;
  while (!whole && std::chrono::steady_clock::now() < deadline) {
    const auto sequences = co_await sequences_of(no);
    whole = sequences.size() == static_cast<std::size_t>(version) && *sequences.begin() == 1 &&
            *sequences.rbegin() == version;
    if (!whole) co_await base::sleep_for(kLook);
  }
  expect(whole, fmt::format("the queue holds its {} events without a gap", version));
}

}  // namespace cli
