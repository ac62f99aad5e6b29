#pragma once
#include <string>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/durable_waits.hpp"
#include "mq/namesrv/kv_config.hpp"
#include "mq/protocol/headers_route.hpp"

namespace mq::namesrv {

using broker::Answer;
using broker::Caller;
using broker::DurableWaits;
using broker::NoHeader;
using broker::ReplyTo;

// PUT_KV_CONFIG (100).
class PutKv {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kPutKvConfig;
  static constexpr std::string_view kName = "PUT_KV_CONFIG";
  using Request = protocol::PutKvConfigRequest;
  using Response = NoHeader;
  PutKv(KvConfig& config, DurableWaits& waits) : config_(config), waits_(waits) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  KvConfig& config_;
  DurableWaits& waits_;
};

// GET_KV_CONFIG (101); 22 when there is none.
class GetKv {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetKvConfig;
  static constexpr std::string_view kName = "GET_KV_CONFIG";
  using Request = protocol::GetKvConfigRequest;
  using Response = protocol::GetKvConfigResponse;
  explicit GetKv(const KvConfig& config) : config_(config) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  const KvConfig& config_;
};

// DELETE_KV_CONFIG (102).
class DeleteKv {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kDeleteKvConfig;
  static constexpr std::string_view kName = "DELETE_KV_CONFIG";
  using Request = protocol::DeleteKvConfigRequest;
  using Response = NoHeader;
  DeleteKv(KvConfig& config, DurableWaits& waits) : config_(config), waits_(waits) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  KvConfig& config_;
  DurableWaits& waits_;
};

// GET_KVLIST_BY_NAMESPACE (219); 22 when the namespace has nothing.
class ListKv {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetKvListByNamespace;
  static constexpr std::string_view kName = "GET_KVLIST_BY_NAMESPACE";
  using Request = protocol::GetKvListByNamespaceRequest;
  using Response = NoHeader;
  explicit ListKv(const KvConfig& config) : config_(config) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const KvConfig& config_;
};

// GET_NAMESRV_CONFIG (319): `key=value` lines.
class GetNamesrvConfig {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetNamesrvConfig;
  static constexpr std::string_view kName = "GET_NAMESRV_CONFIG";
  using Request = NoHeader;
  using Response = NoHeader;
  explicit GetNamesrvConfig(std::string lines) : lines_(std::move(lines)) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  std::string lines_;
};

// UPDATE_NAMESRV_CONFIG (318): refused. The configuration is what the process was started with.
class UpdateNamesrvConfig {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kUpdateNamesrvConfig;
  static constexpr std::string_view kName = "UPDATE_NAMESRV_CONFIG";
  using Request = NoHeader;
  using Response = NoHeader;
  Answer<> operator()(const Request& request, const Caller& caller);
};

}  // namespace mq::namesrv
