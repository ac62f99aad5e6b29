#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mq/base/result.hpp"
#include "mq/protocol/command.hpp"

// The typed side of ext fields. A header is a struct with one `visit` that names each field once;
// the server decodes with it, the client encodes with it, and back:
//
//   struct UnregisterClientRequest {
//     static constexpr std::int32_t kCode = 35;
//     std::string client_id, producer_group, consumer_group;
//     template <class Self, class V> static void visit(Self& self, V& v) {
//       v.required("clientID", self.client_id);
//       v.optional("producerGroup", self.producer_group);
//       v.optional("consumerGroup", self.consumer_group);
//     }
//   };
//
// Field types: std::string, std::int32_t, std::int64_t, bool ("true"/"false"), std::optional of these.
namespace mq::protocol {

// Every required field present, every number a number: else errc::invalid_argument, and `problem`
// (when given) names the field in one sentence.
template <class Header>
base::Result<Header> decode_header(const CommandView& command, std::string* problem = nullptr);
template <class Header>
base::Result<Header> decode_header(const Command& command, std::string* problem = nullptr);

// Adds the header's fields to `command.ext`; absent optionals and empty optional strings are left out.
template <class Header>
void encode_header(const Header& header, Command& command);

// A request command with code, header and body.
template <class Header>
Command make_request(const Header& header, std::string body = {});

}  // namespace mq::protocol
