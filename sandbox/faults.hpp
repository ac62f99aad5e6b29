#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "mq/base/ids.hpp"
#include "mq/net/http.hpp"

namespace sandbox {

// How a party misbehaves, switchable while it runs.
enum class Mode {
  ok,
  slow,             // answers, `delay` later
  fail,             // refuses at once and does nothing
  silent,           // does nothing and never answers
  done_but_silent,  // does it and never answers
};

struct Fault {
  Mode mode = Mode::ok;
  std::chrono::milliseconds delay{200};
  double ratio = 1.0;          // of the calls that are struck
  bool late_pay = false;       // gateway: a closed trade can still be paid
  bool ignore_expiry = false;  // gateway: and one whose time is over
};

std::optional<Mode> parse_mode(std::string_view text);
std::string_view name(Mode mode);

// The switches of all parties, behind GET/PUT/DELETE /faults. Forgotten at a restart.
class Faults {
 public:
  explicit Faults(base::RandomSource random);

  [[nodiscard]] const Fault& of(const std::string& party) const;
  void add_routes(mq::net::HttpServer& server);

  // Runs `handler` as the party's fault has it; `failure` is the answer of mode fail. A silent party
  // holds the connection until the caller gives up, at most 30 s.
  using Handler = std::function<boost::asio::awaitable<mq::net::HttpResponse>(mq::net::HttpRequest)>;
  [[nodiscard]] Handler struck(std::string party, mq::net::HttpResponse failure, Handler handler);

  // The sandbox stops: nobody is kept waiting any longer.
  void let_go() { stopping_ = true; }

 private:
  [[nodiscard]] Mode next_mode(const std::string& party);
  [[nodiscard]] boost::json::value to_json() const;
  // One call of a handler that struck() made.
  boost::asio::awaitable<mq::net::HttpResponse> strike(std::string party, mq::net::HttpResponse failure,
                                                       Handler handler, mq::net::HttpRequest request);
  boost::asio::awaitable<mq::net::HttpResponse> show();
  boost::asio::awaitable<mq::net::HttpResponse> clear();
  boost::asio::awaitable<mq::net::HttpResponse> put(mq::net::HttpRequest request);
  boost::asio::awaitable<void> keep_waiting(std::chrono::milliseconds time);

  base::RandomSource random_;
  std::map<std::string, Fault> faults_;
  bool stopping_ = false;
};

}  // namespace sandbox
