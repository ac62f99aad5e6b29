#include "mq/namesrv/config_processors.hpp"

#include "mq/protocol/bodies_route.hpp"

namespace mq::namesrv {

using broker::cannot_store;
using broker::done;
using broker::refuse;
using broker::with_body;
namespace response_code = broker::response_code;

void PutKv::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto until = config_.put(request.name_space, request.key, request.value);
  if (!until) return reply(cannot_store(until.error()));
  waits_.when_durable(*until, [reply] { reply(done()); });
}

Answer<protocol::GetKvConfigResponse> GetKv::operator()(const Request& request, const Caller&) {
  const auto* value = config_.find(request.name_space, request.key);
  if (value == nullptr) {
    return refuse(response_code::kQueryNotFound,
                  "No config item, Namespace: " + request.name_space + " Key: " + request.key);
  }
  return Response{*value};
}

void DeleteKv::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto until = config_.remove(request.name_space, request.key);
  if (!until) return reply(cannot_store(until.error()));
  waits_.when_durable(*until, [reply] { reply(done()); });
}

Answer<> ListKv::operator()(const Request& request, const Caller&) {
  auto found = config_.list(request.name_space);
  if (found.empty()) {
    return refuse(response_code::kQueryNotFound, "No config item, Namespace: " + request.name_space);
  }
  return with_body(protocol::KVTable{std::move(found)});
}

Answer<> GetNamesrvConfig::operator()(const Request&, const Caller&) { return {NoHeader{}, lines_}; }

Answer<> UpdateNamesrvConfig::operator()(const Request&, const Caller&) {
  return refuse(response_code::kNoPermission,
                "the configuration is set when the process starts and does not change while it runs");
}

}  // namespace mq::namesrv
