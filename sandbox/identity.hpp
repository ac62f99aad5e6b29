#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

#include "mq/base/clock.hpp"
#include "mq/net/http.hpp"
#include "sandbox/faults.hpp"

namespace sandbox {

// The identity provider: a token for whoever asks. It stands for a login.
class Identity {
 public:
  // Pre: chassis::check_token_secret(secret) is content.
  Identity(const base::Clock& clock, Faults& faults, std::string secret, std::chrono::milliseconds token_life)
      : clock_(clock), faults_(faults), secret_(std::move(secret)), token_life_(token_life) {}
  void add_routes(mq::net::HttpServer& server);

 private:
  boost::asio::awaitable<mq::net::HttpResponse> on_token(mq::net::HttpRequest request);

  const base::Clock& clock_;
  Faults& faults_;
  std::string secret_;
  std::chrono::milliseconds token_life_;
};

}  // namespace sandbox
