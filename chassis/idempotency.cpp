#include "chassis/idempotency.hpp"

#include <openssl/evp.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <list>
#include <map>
#include <tuple>

#include "mq/base/assert.hpp"

namespace chassis {
namespace {

namespace asio = boost::asio;
using mq::net::HttpResponse;
using namespace std::chrono_literals;

constexpr auto kWaitMax = 2s;  // of a duplicate in this process; across processes lock_timeout holds
constexpr std::size_t kWaitingMax = 100;  // duplicates of one key
constexpr std::size_t kKeyLengthMax = 255;
constexpr std::chrono::days kKept{7};
constexpr std::int64_t kPrunedAtOnce = 5000;

constexpr Statement kClaim{"idempotency_claim",
                           "INSERT INTO idempotency (principal, route, key, request_hash, created_real) "
                           "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"};
constexpr Statement kFind{"idempotency_find",
                          "SELECT request_hash, status, headers, body FROM idempotency "
                          "WHERE principal = $1 AND route = $2 AND key = $3"};
constexpr Statement kStore{"idempotency_store",
                           "UPDATE idempotency SET status = $4, headers = $5, body = $6 "
                           "WHERE principal = $1 AND route = $2 AND key = $3"};
constexpr Statement kPrune{"idempotency_prune",
                           "DELETE FROM idempotency WHERE ctid = ANY (ARRAY(SELECT ctid FROM idempotency "
                           "WHERE created_real < $1 ORDER BY created_real LIMIT $2))"};

// Leaves a transaction without a trace of it.
struct NotStored {
  HttpResponse answer;
};
// Leaves a savepoint; the answer is stored.
struct Refused {};

std::string encode(const mq::net::HttpHeaders& headers) {
  boost::json::array list;
  for (const auto& [name, value] : headers) list.push_back(boost::json::array{name, value});
  return boost::json::serialize(list);
}

mq::net::HttpHeaders decode(const std::string& text) {
  mq::net::HttpHeaders headers;
  for (const auto& pair : boost::json::parse(text).as_array()) {
    headers.emplace(pair.at(0).as_string().c_str(), pair.at(1).as_string().c_str());
  }
  return headers;
}

HttpResponse still_running() {
  auto answer = mq::net::problem(409, "The first request with this Idempotency-Key is still running",
                                 "Repeat it after the time in Retry-After to get its answer.");
  answer.headers.emplace("retry-after", "1");
  return answer;
}

HttpResponse stored_answer(Transaction& tx, const IdempotencyKey& key) {
  const auto found = tx.run(kFind, {key.principal, key.route, key.key});
  if (found.empty()) return still_running();  // pruned between the two statements
  const auto& row = found.front();
  if (row.text("request_hash") != key.request_hash) {
    return mq::net::problem(422, "This Idempotency-Key was used for another request");
  }
  return {static_cast<int>(row.integer("status")), decode(row.text("headers")), row.text("body")};
}

HttpResponse first_answer(Transaction& tx, const IdempotencyKey& key, const Idempotency::Body& body) {
  HttpResponse answer;
  const auto savepoint = [&] {
    answer = body(tx);
    if (answer.status >= 500) throw NotStored{answer};
    if (answer.status >= 400) throw Refused{};
  };
  try {
    if (const auto error = tx.attempt(savepoint)) throw SqlError(*error);
  } catch (const Refused&) {  // NOLINT(bugprone-empty-catch): the body's effects are gone, its answer stays
  }
  tx.run(kStore, {key.principal, key.route, key.key, answer.status, encode(answer.headers), answer.body});
  return answer;
}

}  // namespace

// Which keys are being worked on in this process, so that duplicates do not fill the pool.
class Idempotency::Impl {
 public:
  explicit Impl(Database& database) : database_(database) {}

  asio::awaitable<HttpResponse> run(IdempotencyKey key, Body body) {
    const Id id{key.principal, key.route, key.key};
    const auto until = std::chrono::steady_clock::now() + kWaitMax;
    while (running_.contains(id)) {
      const bool in_time = co_await first_ended(id, until);
      if (!in_time) co_return still_running();
    }
    const Flight flight(*this, id);
    co_return co_await decide(std::move(key), std::move(body));
  }

 private:
  using Id = std::tuple<std::string, std::string, std::string>;
  using Waiting = std::list<asio::steady_timer*>;

  // Entry and exit of one key. Its end wakes the duplicates; the first of them becomes the next.
  class Flight {
   public:
    Flight(Impl& owner, Id id) : owner_(owner), id_(std::move(id)) { owner_.running_[id_]; }
    ~Flight() {
      const auto here = owner_.running_.find(id_);
      const auto waiting = std::move(here->second);
      owner_.running_.erase(here);
      for (auto* timer : waiting) timer->cancel();
    }
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;

   private:
    Impl& owner_;
    Id id_;
  };

  asio::awaitable<bool> first_ended(Id id, base::Deadline until);
  asio::awaitable<HttpResponse> decide(IdempotencyKey key, Body body);

  Database& database_;
  std::map<Id, Waiting> running_;
};

asio::awaitable<bool> Idempotency::Impl::first_ended(Id id, base::Deadline until) {
  auto& waiting = running_.at(id);
  if (waiting.size() >= kWaitingMax) co_return false;
  asio::steady_timer timer(co_await asio::this_coro::executor, until);
  waiting.push_back(&timer);
  boost::system::error_code woken;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  // Whoever ended has moved the list away; a time-out or a cancellation leaves our entry in it.
  if (const auto still = running_.find(id); still != running_.end()) std::erase(still->second, &timer);
  co_return woken == asio::error::operation_aborted;
}

asio::awaitable<HttpResponse> Idempotency::Impl::decide(IdempotencyKey key, Body body) {
  bool claiming = false;
  const auto transaction = [&](Transaction& tx) {
    claiming = true;
    const auto claimed =
        tx.run(kClaim, {key.principal, key.route, key.key, key.request_hash, base::SystemClock().now()});
    claiming = false;
    return claimed.affected == 1 ? first_answer(tx, key, body) : stored_answer(tx, key);
  };
  try {
    co_return co_await database_.transact(transaction);
  } catch (const NotStored& failed) {
    co_return failed.answer;
  } catch (const SqlError& error) {
    // The first one runs in another process, or is a zombie of this one's past life.
    if (!claiming || !error.lock_timeout()) throw;
  }
  co_return still_running();
}

Idempotency::Idempotency(Database& database) : impl_(std::make_unique<Impl>(database)) {}
Idempotency::~Idempotency() = default;

asio::awaitable<HttpResponse> Idempotency::run(IdempotencyKey key, Body body) {
  return impl_->run(std::move(key), std::move(body));
}

bool prune_idempotency(Transaction& tx) { return prune_idempotency(tx, base::SystemClock().now()); }
bool prune_idempotency(Transaction& tx, base::Time real_now) {
  return tx.run(kPrune, {base::Time{real_now - kKept}, kPrunedAtOnce}).affected ==
         static_cast<std::size_t>(kPrunedAtOnce);
}

IdempotencyHeader idempotency_header(const mq::net::HttpRequest& request) {
  const auto key = request.header("idempotency-key");
  const bool printable = std::ranges::all_of(key, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!key.empty() && key.size() <= kKeyLengthMax && printable) return {std::string(key), std::nullopt};
  return {{},
          mq::net::problem(400, "The Idempotency-Key header must have 1 to 255 printable ASCII characters")};
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const int done = EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  BASE_ASSERT(done == 1, "SHA-256 is always there");
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kHex[digest[i] >> 4];
    hex += kHex[digest[i] & 0xf];
  }
  return hex;
}

}  // namespace chassis
