#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "mq/base/clock.hpp"
#include "mq/net/http.hpp"

namespace chassis {

// Bearer tokens: JWT, HS256 only, checked against the business clock (exp required, 60 s leeway none).
struct Principal {
  std::string user_id;
};
std::string issue_token(std::string_view secret, std::string_view user_id, base::Time expires);
// Nothing when the token is missing, altered, of another algorithm or expired.
std::optional<Principal> verify_token(std::string_view secret, std::string_view token, base::Time now);
// Of `Authorization: Bearer …`.
std::string_view bearer_token(const mq::net::HttpRequest& request);

}  // namespace chassis
