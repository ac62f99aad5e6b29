#include "mq/broker/audit.hpp"

#include <algorithm>
#include <array>

#include "mq/base/bytes.hpp"
#include "mq/base/log.hpp"
#include "mq/protocol/codes.hpp"
#include "mq/protocol/signature.hpp"

namespace mq::broker {
namespace {

namespace request_code = protocol::request_code;
constexpr std::size_t kOpenMax = 10'000;  // a flood is written at once, without its results
constexpr std::size_t kValueMax = 200;
// `value` is what code 100 stores: somebody's setting, which may be a secret.
constexpr std::array kHidden{protocol::kSignatureField, protocol::kAccessKeyField,
                             protocol::kSecurityTokenField, std::string_view("value")};
constexpr std::array kWithBody{request_code::kUpdateBrokerConfig, request_code::kUpdateNamesrvConfig,
                               request_code::kCreateSubscriptionGroup};

void write(const std::string& line) {
  const auto log = base::log("audit");
  if (log->level() > spdlog::level::info) log->set_level(spdlog::level::info);
  log->info("{}", line);
}

std::string fields_of(const protocol::CommandView& request) {
  std::string text;
  for (const auto& field : request.ext()) {
    if (std::ranges::find(kHidden, field.key) != kHidden.end()) continue;
    std::string value;
    if (!unescape_to(value, field)) value = "?";
    if (!text.empty()) text.push_back(' ');
    text.append(field.key.substr(0, kValueMax)).append("=").append(value, 0, kValueMax);
  }
  if (std::ranges::find(kWithBody, request.code) != kWithBody.end()) {
    text.append(text.empty() ? "" : " ").append(base::text_of(request.body).substr(0, kValueMax));
  }
  return text;
}

std::string front_of(const protocol::CommandView& request, std::string_view name, const net::Peer& peer,
                     std::string_view who) {
  return "update " + std::string(name) + " who=" + base::log_quoted(who) + " peer=" + to_string(peer.remote) +
         " code=" + std::to_string(request.code) + " fields=" + base::log_quoted(fields_of(request));
}

std::string with_result(const std::string& front, std::int32_t code, std::string_view remark) {
  return front + " result=" + std::to_string(code) + " remark=" + base::log_quoted(remark);
}

}  // namespace

void Audit::begun(const protocol::CommandView& request, std::string_view name, const net::Peer& peer,
                  std::string_view who) {
  auto front = front_of(request, name, peer, who);
  if (open_.size() >= kOpenMax) return write(front + " result=unknown");
  const Key key{peer.connection, request.opaque};
  if (const auto same = open_.extract(key)) write(same.mapped() + " result=unknown");
  open_.emplace(key, std::move(front));
}

void Audit::ended(const net::Reply& reply, const protocol::ResponseView& response) {
  const auto line = open_.extract({reply.connection, reply.opaque});
  if (line) write(with_result(line.mapped(), response.code, response.remark));
}

void Audit::dropped(net::ConnectionKey connection) {
  for (auto line = open_.lower_bound({connection, INT32_MIN});
       line != open_.end() && line->first.first == connection; line = open_.erase(line)) {
    write(line->second + " result=unknown");
  }
}

void Audit::refused(const protocol::CommandView& request, std::string_view name, const net::Peer& peer,
                    std::string_view who, std::string_view why) {
  const auto now = std::chrono::steady_clock::now();
  if (now - second_ >= std::chrono::seconds{1}) {
    second_ = now;
    refused_in_second_ = 0;
    if (not_written_ > 0) write("refused requests not written count=" + std::to_string(not_written_));
    not_written_ = 0;
  }
  if (++refused_in_second_ > kRefusedMax) {
    ++not_written_;
    return;
  }
  write(with_result(front_of(request, name, peer, who), protocol::response_code::kNoPermission, why));
}

}  // namespace mq::broker
