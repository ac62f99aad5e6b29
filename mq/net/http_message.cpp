#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include "mq/net/hex.hpp"
#include "mq/net/http.hpp"

namespace mq::net {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

// RFC 3986 2.3: what needs no escape anywhere in a URL.
bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

HttpResponse typed_response(int status, std::string_view content_type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace("content-type", content_type);
  response.body = std::move(body);
  return response;
}

}  // namespace

std::string_view HttpRequest::header(std::string_view lower_case_name) const {
  const auto found = headers.find(std::string(lower_case_name));
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

HttpResponse json_response(int status, std::string json) {
  return typed_response(status, "application/json", std::move(json));
}

HttpResponse text_response(int status, std::string text) {
  return typed_response(status, "text/plain; charset=utf-8", std::move(text));
}

HttpResponse problem(int status, std::string_view title, std::string_view detail) {
  const auto quoted = [](std::string_view text) { return boost::json::serialize(boost::json::string(text)); };
  std::string json = R"({"title":)" + quoted(title) + R"(,"status":)" + std::to_string(status);
  if (!detail.empty()) json += R"(,"detail":)" + quoted(detail);
  json += '}';
  return typed_response(status, "application/problem+json", std::move(json));
}

std::string url_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHexDigits[byte >> 4];
    out += kHexDigits[byte & 15];
  }
  return out;
}

std::string url_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
               hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::map<std::string, std::string> parse_form(std::string_view body) {
  std::map<std::string, std::string> fields;
  while (!body.empty()) {
    const auto end = std::min(body.find('&'), body.size());
    const auto pair = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view{};
    fields.emplace(url_decode(pair.substr(0, equals)), url_decode(value));
  }
  return fields;
}

}  // namespace mq::net
