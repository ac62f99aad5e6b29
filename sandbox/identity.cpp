#include "sandbox/identity.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

#include "chassis/auth.hpp"
#include "contracts/time_text.hpp"

namespace sandbox {
namespace {

// What every service can take for a name: neither endless nor with characters that no database holds.
bool is_user(const boost::json::value* value) {
  constexpr std::size_t kMax = 128;  // bytes
  if (value == nullptr || !value->is_string()) return false;
  const std::string_view name = value->get_string();
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  return !name.empty() && name.size() <= kMax && std::ranges::none_of(name, is_control);
}

}  // namespace

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
  if (!is_user(user)) {
    co_return mq::net::problem(422, "user_id is needed", "1 to 128 bytes, no control characters");
  }
  const auto expires = clock_.now() + token_life_;
  co_return mq::net::json_response(
      200, boost::json::serialize(boost::json::object{
               {"token", chassis::issue_token(secret_, std::string(user->get_string()), expires)},
               {"expires_at", contracts::format_time(expires)}}));
}

}  // namespace sandbox
