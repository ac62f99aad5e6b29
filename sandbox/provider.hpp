#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <filesystem>
#include <map>
#include <string>

#include "chassis/service.hpp"
#include "mq/net/http.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/ledger.hpp"

namespace sandbox {

// The push and SMS provider: each message id once, and a ledger for each of the two.
class Provider {
 public:
  Provider(chassis::Service& service, Faults& faults, const std::filesystem::path& folder);
  void add_routes(mq::net::HttpServer& server);

 private:
  using Messages = std::map<std::string, boost::json::object>;  // by message id
  boost::asio::awaitable<mq::net::HttpResponse> on_push(mq::net::HttpRequest request);
  boost::asio::awaitable<mq::net::HttpResponse> on_sms(mq::net::HttpRequest request);
  mq::net::HttpResponse accept(boost::json::object message, Messages& messages, Ledger& ledger);
  // `messages` is one of ours: the provider outlives the requests to its routes.
  static boost::asio::awaitable<mq::net::HttpResponse> show_ledger(const Messages& messages,
                                                                   mq::net::HttpRequest request);
  void add_ledger_route(mq::net::HttpServer& server, const std::string& path, const Messages& messages);

  chassis::Service& service_;
  Faults& faults_;
  Messages pushes_, texts_;
  Ledger push_ledger_, sms_ledger_;
};

}  // namespace sandbox
