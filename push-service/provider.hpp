#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

#include "mq/net/http.hpp"

namespace push {

enum class Delivery { sent, no_device, unknown };
struct DeliveryOutcome {
  Delivery delivery = Delivery::unknown;
  std::string trouble;  // of unknown, for the row and the log
};

// The push and SMS provider. Both calls may be repeated with the same message id.
class Provider {
 public:
  Provider(mq::net::HttpClient& http, std::string url, std::chrono::milliseconds timeout)
      : http_(http), url_(std::move(url)), timeout_(timeout) {}
  boost::asio::awaitable<DeliveryOutcome> push(std::string message_id, std::string user_id, std::string title,
                                               std::string body);
  boost::asio::awaitable<DeliveryOutcome> sms(std::string message_id, std::string phone, std::string text);

 private:
  boost::asio::awaitable<DeliveryOutcome> post(std::string path, std::string json);

  mq::net::HttpClient& http_;
  std::string url_;
  std::chrono::milliseconds timeout_;
};

}  // namespace push
