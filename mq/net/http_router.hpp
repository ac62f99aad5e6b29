#pragma once
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/result.hpp"
#include "mq/net/http.hpp"

// The part of HTTP that needs no socket: request targets and routes.
namespace mq::net {

// A request target taken apart: "/orders/a%2Fb?full=1". Segments are decoded one by one, so an escaped slash
// stays inside its segment.
struct HttpTarget {
  std::vector<std::string> segments;         // {"orders", "a/b"}; "/" has one empty segment
  std::string path;                          // "/orders/a/b"
  std::map<std::string, std::string> query;  // of a repeated name the first counts
};

// Fails with errc::invalid_argument on a broken escape in the path, and on anything that decodes to a NUL
// byte or to bytes that are not UTF-8: databases refuse such text, and late.
base::Result<HttpTarget> parse_target(std::string_view target);

// Finds the handler of a request.
//
// Invariant: no two routes of one method have the same shape.
class HttpRouter {
 public:
  // `pattern` has literal segments and {names}: "/orders/{order_no}/items".
  void add(std::string_view method, std::string_view pattern, HttpServer::Handler handler);

  struct Match {
    const HttpServer::Handler* handler = nullptr;  // none: 405 when `allow` has text, else 404
    std::string_view pattern;
    std::map<std::string, std::string> params;
    std::string allow;  // "GET, HEAD, POST": what the path knows when the method is not among it
  };
  // The pattern that is literal further to the left wins. HEAD falls back to GET.
  [[nodiscard]] Match find(std::string_view method, const HttpTarget& target) const;

 private:
  struct Segment {
    std::string text;  // of a literal, or the name
    bool literal = true;
  };
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<Segment> segments;
    HttpServer::Handler handler;
  };

  static bool matches(const Route& route, const HttpTarget& target);
  static bool more_literal(const Route& one, const Route& other);
  const Route* best(std::string_view method, const HttpTarget& target) const;

  std::deque<Route> routes_;  // a deque: patterns are lent out while routes are added
};

}  // namespace mq::net
