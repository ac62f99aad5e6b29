#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/router.hpp"
#include "mq/broker/runtime_config.hpp"
#include "mq/protocol/bodies_route.hpp"
#include "mq/protocol/headers_admin.hpp"

namespace mq::broker {

// GET_BROKER_CONFIG (26): `key=value` lines under upstream's names.
class BrokerConfigText {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetBrokerConfig;
  static constexpr std::string_view kName = "GET_BROKER_CONFIG";
  using Request = NoHeader;
  using Response = protocol::GetBrokerConfigResponse;
  explicit BrokerConfigText(const RuntimeConfig& config) : config_(config) {}
  Answer<Response> operator()(const Request&, const Caller&) {
    protocol::DataVersion version;
    version.timestamp = config_.start_ms();
    version.counter = config_.changes();
    return {Response{protocol::encode_body(version)}, config_.lines()};
  }

 private:
  const RuntimeConfig& config_;
};

// The body of UPDATE_BROKER_CONFIG: `key=value` lines.
struct ConfigLines {
  std::string_view text;
};
template <>
struct RequestCodec<ConfigLines> {
  static base::Result<ConfigLines> decode(const protocol::CommandView& command, std::string&, std::string*) {
    return ConfigLines{base::text_of(command.body)};
  }
};

// UPDATE_BROKER_CONFIG (25): the few settings that may change while the broker runs, until its next start.
class UpdateBrokerConfig {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kUpdateBrokerConfig;
  static constexpr std::string_view kName = "UPDATE_BROKER_CONFIG";
  using Request = ConfigLines;
  using Response = NoHeader;
  explicit UpdateBrokerConfig(RuntimeConfig& config) : config_(config) {}
  Answer<> operator()(const Request& request, const Caller&) { return config_.update(request.text); }

 private:
  RuntimeConfig& config_;
};

}  // namespace mq::broker
