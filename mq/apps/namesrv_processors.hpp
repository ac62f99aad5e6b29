#pragma once
#include <string>

#include "mq/broker/router.hpp"
#include "mq/namesrv/config_processors.hpp"
#include "mq/namesrv/route_processors.hpp"
#include "mq/namesrv/route_table.hpp"

namespace mq::apps {

// What the name server can do.
class NamesrvProcessors {
 public:
  NamesrvProcessors(const broker::TopicTable& topics, namesrv::RouteOptions options, namesrv::KvConfig& kv,
                    broker::DurableWaits& waits, std::string config_lines);

  [[nodiscard]] broker::Router& router() { return router_; }
  [[nodiscard]] const broker::Router& router() const { return router_; }

 private:
  namesrv::RouteTable routes_;
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
