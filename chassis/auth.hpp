#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "mq/base/clock.hpp"
#include "mq/net/http.hpp"

namespace chassis {

// Bearer tokens: JWT, HS256 only, checked against the business clock (exp required, no leeway).
struct Principal {
  std::string user_id;
};
// Valid until `expires`, to the second below. Pre: check_token_secret(secret) is content.
std::string issue_token(std::string_view secret, std::string_view user_id, base::Time expires);
// Nothing when the token is missing, altered, of another algorithm or expired.
std::optional<Principal> verify_token(std::string_view secret, std::string_view token, base::Time now);
// Of `Authorization: Bearer …`; "" when there is none. A view into the request.
std::string_view bearer_token(const mq::net::HttpRequest& request);

// For Settings::check: a sentence when the secret is too short to keep a secret (RFC 7518 3.2).
std::string check_token_secret(std::string_view secret);

}  // namespace chassis
