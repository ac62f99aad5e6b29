#include "push-service/provider.hpp"

#include <boost/asio/error.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

namespace push {

boost::asio::awaitable<DeliveryOutcome> Provider::push(std::string message_id, std::string user_id,
                                                       std::string title, std::string body) {
  const boost::json::value message{
      {"message_id", message_id}, {"user_id", user_id}, {"title", title}, {"body", body}};
  co_return co_await post("/push/messages", boost::json::serialize(message));
}

boost::asio::awaitable<DeliveryOutcome> Provider::sms(std::string message_id, std::string phone,
                                                      std::string text) {
  const boost::json::value message{{"message_id", message_id}, {"phone", phone}, {"text", text}};
  co_return co_await post("/sms/messages", boost::json::serialize(message));
}

boost::asio::awaitable<DeliveryOutcome> Provider::post(std::string path, std::string json) {
  DeliveryOutcome outcome;
  mq::net::HttpHeaders headers{{"content-type", "application/json"}};
  try {
    const auto response = co_await http_.send("POST", url_ + path, std::move(headers), std::move(json),
                                              base::deadline_in(timeout_));
    if (response.status == 200) {
      outcome.delivery = Delivery::sent;
    } else if (response.status == 410) {
      outcome.delivery = Delivery::no_device;
    } else {
      outcome.trouble = "HTTP status " + std::to_string(response.status);
    }
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;
    outcome.trouble = e.what();
  }
  co_return outcome;
}

}  // namespace push
