#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/protocol/bodies_route.hpp"
#include "mq/protocol/headers_admin.hpp"

namespace mq::broker {

// GET_BROKER_CONFIG (26): `key=value` lines under upstream's names. Read only: what a broker runs with is
// said by its configuration, and a change at run time would be gone with the next start.
class BrokerConfigText {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetBrokerConfig;
  static constexpr std::string_view kName = "GET_BROKER_CONFIG";
  using Request = NoHeader;
  using Response = protocol::GetBrokerConfigResponse;
  BrokerConfigText(std::string lines, std::int64_t start_ms) : lines_(std::move(lines)) {
    version_.timestamp = start_ms;
  }
  Answer<Response> operator()(const Request&, const Caller&) {
    return {Response{protocol::encode_body(version_)}, lines_};
  }

 private:
  std::string lines_;
  protocol::DataVersion version_;
};

}  // namespace mq::broker
