#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <cctype>
#include <functional>
#include <memory>
#include <stdexcept>

#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/layout.hpp"
#include "cli/run_coroutine.hpp"
#include "cli/shop.hpp"
#include "contracts/json_field.hpp"
#include "mq/base/clock.hpp"
#include "mq/base/ids.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;
namespace json = boost::json;

struct Options {
  std::filesystem::path dir = default_root();
  std::string user = "alice", order_no, sku = "SKU-1001";
  std::int64_t quantity = 1;
  bool json = false;
};
using Action = std::function<asio::awaitable<void>(Shop&, const Options&)>;

using contracts::text;

void print_order(const json::object& order) {
  fmt::print("{}  {}  ¥{:.2f}  pay before {}\n", text(order, "order_no"), text(order, "state"),
             order.at("total_fen").to_number<double>() / 100, text(order, "pay_before"));
}

void print_json(const json::value& value) { fmt::print("{}\n", json::serialize(value)); }

asio::awaitable<void> place(Shop& shop, const Options& options) {
  const auto key = base::uuid_v7(base::SystemClock{}.now(), base::system_random());
  const auto order = co_await shop.place({{options.sku, options.quantity}}, key);
  options.json ? print_json(order) : print_order(order);
}

asio::awaitable<void> pay(Shop& shop, const Options& options) {
  const auto payment = co_await shop.start_payment(options.order_no);
  co_await shop.pay_at(text(payment, "pay_url"));
  options.json ? print_json(payment) : fmt::print("Paid at {}\n", text(payment, "pay_url"));
}

asio::awaitable<void> show(Shop& shop, const Options& options) {
  auto order = co_await shop.order(options.order_no);
  const auto timeline = co_await shop.timeline(options.order_no);
  if (options.json) {
    order["timeline"] = timeline.at("timeline");
    print_json(order);
    co_return;
  }
  print_order(order);
  std::vector<std::vector<std::string>> rows{{"TIME", "WHAT", "BY", "DETAIL"}};
  for (const auto& entry : timeline.at("timeline").as_array()) {
    const auto& e = entry.as_object();
    rows.push_back({text(e, "at"), text(e, "type"), text(e, "actor"), text(e, "detail")});
  }
  fmt::print("{}", format_table(rows));
}

asio::awaitable<void> list(Shop& shop, const Options& options) {
  const auto page = co_await shop.orders();
  if (options.json) {
    print_json(page);
    co_return;
  }
  for (const auto& order : page.at("orders").as_array()) print_order(order.as_object());
}

asio::awaitable<int> run(asio::any_io_executor executor, const Options& options, Action action) {
  // It becomes part of an address.
  if (!std::ranges::all_of(options.order_no,
                           [](unsigned char letter) { return std::isalnum(letter) != 0; })) {
    throw std::runtime_error("\"" + options.order_no +
                             "\" is not an order number; sluice order list shows them");
  }
  mq::net::HttpClient http(executor);
  Shop shop(http, read_run_state(Layout{options.dir}));
  co_await shop.log_in(options.user);
  co_await action(shop, options);
  co_return 0;
}
}  // namespace

void add_order(CLI::App& app, Chosen& chosen) {
  auto* order = app.add_subcommand("order", "Place, pay, show and list orders, as a buyer would.");
  order->require_subcommand(1);
  order->footer(
      "Examples:\n"
      "  sluice order place --sku SKU-1004 --quantity 2\n"
      "  sluice order pay ORDER_NO        the buyer pays at the gateway's page\n"
      "  sluice order show ORDER_NO       the order and everything that happened to it");
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about, const Action& action) {
    auto* command = order->add_subcommand(name, about);
    command->add_option("--dir", options->dir, "the system's directory")->capture_default_str();
    command->add_option("--user", options->user, "the buyer")->capture_default_str();
    command->add_flag("--json", options->json, "answer in JSON");
    command->callback([&chosen, options, action] {
      chosen = [options, action] {
        asio::io_context context(1);
        return run_coroutine(context, run(context.get_executor(), *options, action));
      };
    });
    return command;
  };
  auto* placing = add("place", "Places an order of one product.", place);
  placing->add_option("--sku", options->sku, "the product")->capture_default_str();
  placing->add_option("--quantity", options->quantity, "how many")->capture_default_str();
  for (auto* command : {add("pay", "Starts the payment and pays.", pay), add("show", "One order.", show)}) {
    command->add_option("ORDER_NO", options->order_no, "the order")->required();
  }
  add("list", "The buyer's orders, newest first.", list);
}

}  // namespace cli
