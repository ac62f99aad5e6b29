#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "chassis/due_work.hpp"
#include "chassis/service.hpp"
#include "mq/net/http.hpp"
#include "sandbox/delivery.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/ledger.hpp"

namespace sandbox {

// The warehouse management system: takes shipments, ships each after a while, and says so with a
// signed notice until it is taken.
class Warehouse {
 public:
  Warehouse(chassis::Service& service, mq::net::HttpClient& http, Faults& faults,
            const std::filesystem::path& folder, std::string secret, std::chrono::milliseconds ship_after);

  void add_routes(mq::net::HttpServer& server);
  boost::asio::awaitable<void> run();

 private:
  using Request = mq::net::HttpRequest;
  using Response = mq::net::HttpResponse;
  struct Shipment {
    std::string order_no, request, notice_url, tracking_no;
    bool shipped = false;
    bool notice_ended = false;
  };

  boost::asio::awaitable<Response> on_request(Request request);
  boost::asio::awaitable<Response> show(Request request);
  boost::asio::awaitable<Response> show_ledger(Request request);
  boost::asio::awaitable<bool> ship(std::string shipment_no);
  boost::asio::awaitable<bool> send_notice(std::string shipment_no);
  void record(boost::json::object entry);
  void apply(const boost::json::object& entry);

  chassis::Service& service_;
  mq::net::HttpClient& http_;
  Faults& faults_;
  std::string secret_;
  std::chrono::milliseconds ship_after_;
  std::map<std::string, Shipment> shipments_;
  std::map<std::string, std::vector<boost::json::object>> entries_;  // by order number
  Ledger ledger_;
  Deliveries shipping_;
  Deliveries notices_;
  chassis::DueLoop shipping_loop_;
  chassis::DueLoop notice_loop_;
};

}  // namespace sandbox
