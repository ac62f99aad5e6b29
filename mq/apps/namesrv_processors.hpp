#pragma once
#include <optional>
#include <string>

#include "mq/broker/router.hpp"
#include "mq/namesrv/config_processors.hpp"
#include "mq/namesrv/registration.hpp"
#include "mq/namesrv/route_processors.hpp"
#include "mq/namesrv/route_table.hpp"

namespace mq::apps {

// What the name server can do.
class NamesrvProcessors {
 public:
  NamesrvProcessors(const namesrv::RegistryOptions& options, std::optional<namesrv::BundledBroker> bundled,
                    namesrv::KvConfig& kv, broker::DurableWaits& waits, std::string config_lines);

  [[nodiscard]] broker::Router& router() { return router_; }
  [[nodiscard]] const broker::Router& router() const { return router_; }
  // Whose brokers end with their connections, and expire.
  [[nodiscard]] namesrv::BrokerRegistry& registry() { return registry_; }

 private:
  namesrv::BrokerRegistry registry_;
  namesrv::RouteTable routes_;
  namesrv::RegisterBroker register_broker_;
  namesrv::UnregisterBroker unregister_broker_;
  namesrv::QueryDataVersion query_data_version_;
  namesrv::BrokerHeartbeat broker_heartbeat_;
  namesrv::GetBrokerMemberGroup member_group_;
  namesrv::RegisterTopic register_topic_;
  namesrv::GetRoute get_route_;
  namesrv::GetClusterInfo cluster_info_;
  namesrv::GetAllTopics all_topics_;
  namesrv::GetTopicsOfCluster topics_of_cluster_;
  namesrv::GetSystemTopics system_topics_;
  namesrv::DeleteRoute delete_route_;
  namesrv::WipeWritePerm wipe_write_perm_;
  namesrv::AddWritePerm add_write_perm_;
  namesrv::PutKv put_kv_;
  namesrv::GetKv get_kv_;
  namesrv::DeleteKv delete_kv_;
  namesrv::ListKv list_kv_;
  namesrv::GetNamesrvConfig get_config_;
  namesrv::UpdateNamesrvConfig update_config_;
  broker::Router router_;
};

}  // namespace mq::apps
