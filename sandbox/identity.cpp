#include "sandbox/identity.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "chassis/auth.hpp"
#include "contracts/time_text.hpp"

namespace sandbox {

void Identity::add_routes(mq::net::HttpServer& server) {
  server.route("POST", "/identity/tokens",
               faults_.struck("identity", mq::net::problem(503, "The identity provider is down"),
                              [this](mq::net::HttpRequest r) { return on_token(std::move(r)); }));
}

boost::asio::awaitable<mq::net::HttpResponse> Identity::on_token(mq::net::HttpRequest request) {
  boost::system::error_code error;
  const auto body = boost::json::parse(request.body, error);
  const auto* object = error ? nullptr : body.if_object();
  const auto* user = object == nullptr ? nullptr : object->if_contains("user_id");
  if (user == nullptr || !user->is_string() || user->get_string().empty()) {
    co_return mq::net::problem(422, "user_id is needed");
  }
  const auto expires = clock_.now() + token_life_;
  co_return mq::net::json_response(
      200, boost::json::serialize(boost::json::object{
               {"token", chassis::issue_token(secret_, std::string(user->get_string()), expires)},
               {"expires_at", contracts::format_time(expires)}}));
}

}  // namespace sandbox
