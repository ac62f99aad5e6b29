#include "mq/net/http_router.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "mq/base/assert.hpp"
#include "mq/net/hex.hpp"

namespace mq::net {
namespace {

namespace errc = boost::system::errc;

// Unlike in a form, + is itself in a path, and a broken escape is an error.
std::optional<std::string> decode_segment(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// How many bytes the UTF-8 sequence at the front takes; 0 when there is none (RFC 3629: no overlong forms,
// no surrogates, nothing above U+10FFFF).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  if (length == 0 || text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

bool is_clean_text(std::string_view text) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0 || text.front() == '\0') return false;
    text.remove_prefix(length);
  }
  return true;
}

// RFC 9112 3.2.2: a server must take "http://host/path" for "/path" too.
std::string_view without_origin(std::string_view target) {
  const auto scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const auto path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> parts;
  path.remove_prefix(1);
  for (;;) {
    const auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

bool serves(std::string_view route_method, std::string_view method) {
  return route_method == method || (route_method == "GET" && method == "HEAD");
}

}  // namespace

base::Result<HttpTarget> parse_target(std::string_view target) {
  const auto invalid = errc::make_error_code(errc::invalid_argument);
  target = without_origin(target);
  target = target.substr(0, target.find('#'));
  const auto question = std::min(target.find('?'), target.size());
  std::string_view path = target.substr(0, question);
  if (path.empty() && !target.empty()) path = "/";
  if (!path.starts_with('/')) return invalid;

  HttpTarget parsed;
  for (const auto part : split_path(path)) {
    auto segment = decode_segment(part);
    if (!segment || !is_clean_text(*segment)) return invalid;
    parsed.path += '/';
    parsed.path += *segment;
    parsed.segments.push_back(std::move(*segment));
  }
  if (question < target.size()) parsed.query = parse_form(target.substr(question + 1));
  for (const auto& [name, value] : parsed.query) {
    if (!is_clean_text(name) || !is_clean_text(value)) return invalid;
  }
  return parsed;
}

void HttpRouter::add(std::string_view method, std::string_view pattern, HttpServer::Handler handler) {
  BASE_ASSERT(pattern.starts_with('/'), "a route's pattern begins with a slash");
  Route route{std::string(method), std::string(pattern), {}, std::move(handler)};
  for (const auto part : split_path(pattern)) {
    const bool named = part.size() > 2 && part.starts_with('{') && part.ends_with('}');
    route.segments.push_back({std::string(named ? part.substr(1, part.size() - 2) : part), !named});
  }
  for (const auto& other : routes_) {
    const bool same_shape =
        std::ranges::equal(other.segments, route.segments, [](const Segment& a, const Segment& b) {
          return a.literal == b.literal && (!a.literal || a.text == b.text);
        });
    BASE_ASSERT(!(same_shape && other.method == route.method), "one handler per method and path");
  }
  routes_.push_back(std::move(route));
}

bool HttpRouter::matches(const Route& route, const HttpTarget& target) {
  return std::ranges::equal(route.segments, target.segments,
                            [](const Segment& want, const std::string& have) {
                              return want.literal ? want.text == have : !have.empty();
                            });
}

bool HttpRouter::more_literal(const Route& one, const Route& other) {
  for (std::size_t i = 0; i < one.segments.size(); ++i) {
    if (one.segments[i].literal != other.segments[i].literal) return one.segments[i].literal;
  }
  return one.method != "GET" && other.method == "GET";  // a HEAD route of its own, before GET's
}

const HttpRouter::Route* HttpRouter::best(std::string_view method, const HttpTarget& target) const {
  const Route* found = nullptr;
  for (const auto& route : routes_) {
    if (!serves(route.method, method) || !matches(route, target)) continue;
    if (found == nullptr || more_literal(route, *found)) found = &route;
  }
  return found;
}

HttpRouter::Match HttpRouter::find(std::string_view method, const HttpTarget& target) const {
  Match match;
  if (const auto* route = best(method, target)) {
    match.handler = &route->handler;
    match.pattern = route->pattern;
    for (std::size_t i = 0; i < route->segments.size(); ++i) {
      if (!route->segments[i].literal) match.params.emplace(route->segments[i].text, target.segments[i]);
    }
    return match;
  }
  std::set<std::string> methods;
  for (const auto& route : routes_) {
    if (!matches(route, target)) continue;
    methods.insert(route.method);
    if (route.method == "GET") methods.insert("HEAD");
  }
  for (const auto& known : methods) match.allow += (match.allow.empty() ? "" : ", ") + known;
  return match;
}

}  // namespace mq::net
