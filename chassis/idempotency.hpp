#pragma once
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "chassis/database.hpp"
#include "mq/net/http.hpp"

namespace chassis {

// One Idempotency-Key of one principal on one route (domain.md 3.1, design decision 18).
struct IdempotencyKey {
  std::string principal;
  std::string route;
  std::string key;
  std::string request_hash;  // SHA-256 of the body, hex
};

// Runs `body` at most once per key: the stored answer comes back for a repeat with the same request,
// 422 for another request under the same key, 409 with Retry-After when the first is still running.
// 2xx and 4xx answers are stored (4xx after rolling the body back to a savepoint), 5xx never. The row
// commits with the effect. Kept seven real days (prune_idempotency).
//
// Thread rule: run() from the database's executor; bodies run on database threads.
class Idempotency {
 public:
  explicit Idempotency(Database& database);
  ~Idempotency();
  using Body = std::function<mq::net::HttpResponse(Transaction&)>;
  boost::asio::awaitable<mq::net::HttpResponse> run(IdempotencyKey key, Body body);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Forgets keys older than seven real days, at most so many at once that it stays far below any statement
// timeout. True when more may be left.
bool prune_idempotency(Transaction& tx);
bool prune_idempotency(Transaction& tx, base::Time real_now);

// The key of a request: 400 when the header is missing, empty or longer than 255 characters
// or has others than printable ASCII.
struct IdempotencyHeader {
  std::string key;
  std::optional<mq::net::HttpResponse> refusal;
};
IdempotencyHeader idempotency_header(const mq::net::HttpRequest& request);
std::string sha256_hex(std::string_view text);

}  // namespace chassis
