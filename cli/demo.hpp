#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/shop.hpp"
#include "mq/client/admin.hpp"

namespace cli {

// The story that `sluice demo` tells against the running system: one order that is paid and shipped, one
// that is left unpaid and closed, one that is paid after it was closed and whose money goes back. Then the
// audit: the services, the queue and the third parties' own ledgers have to tell the same.
class Demo {
 public:
  using Say = std::function<void(const std::string& line)>;
  using LetTimePass = std::function<boost::asio::awaitable<void>(std::chrono::milliseconds)>;

  Demo(Shop& shop, mq::client::Admin& admin, Say say, LetTimePass let_time_pass)
      : shop_(shop), admin_(admin), say_(std::move(say)), let_time_pass_(std::move(let_time_pass)) {}

  // Returns what does not agree; empty: all is well. Throws when a service refuses or nothing moves for
  // half a minute, although the business clock was moved to where third parties try again.
  boost::asio::awaitable<std::vector<std::string>> run();

 private:
  using Json = boost::json::object;
  boost::asio::awaitable<void> tidy_up();
  boost::asio::awaitable<std::string> place(std::string title);
  boost::asio::awaitable<void> wait_until(std::string order_no, std::string last_event);
  // Prints what is new; true when `awaited` has happened.
  boost::asio::awaitable<bool> tell_news(std::string order_no, std::string awaited);
  boost::asio::awaitable<void> pay_although_closed(std::string pay_url);
  boost::asio::awaitable<std::set<std::int64_t>> sequences_of(std::string order_no);

  boost::asio::awaitable<void> audit_shipped(std::string order_no);
  boost::asio::awaitable<void> audit_closed(std::string order_no);
  boost::asio::awaitable<void> audit_refunded(std::string order_no);
  boost::asio::awaitable<void> audit_queue(std::string order_no);
  void expect(bool holds, const std::string& what);

  Shop& shop_;
  mq::client::Admin& admin_;
  Say say_;
  LetTimePass let_time_pass_;
  std::map<std::string, std::size_t> told_;  // timeline entries already printed, by order
  std::vector<std::string> wrong_;
};

}  // namespace cli
