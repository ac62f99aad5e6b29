#include "mq/apps/namesrv_processors.hpp"

#include <utility>

namespace mq::apps {

NamesrvProcessors::NamesrvProcessors(const namesrv::RegistryOptions& options,
                                     std::optional<namesrv::BundledBroker> bundled, namesrv::KvConfig& kv,
                                     broker::DurableWaits& waits, std::string config_lines)
    : registry_(options),
      routes_(registry_, std::move(bundled)),
      register_broker_(registry_, routes_, kv),
      unregister_broker_(registry_),
      query_data_version_(registry_),
      broker_heartbeat_(registry_),
      member_group_(routes_),
      register_topic_(registry_),
      get_route_(routes_),
      cluster_info_(routes_),
      all_topics_(routes_),
      topics_of_cluster_(routes_),
      system_topics_(routes_),
      delete_route_(registry_),
      wipe_write_perm_(routes_),
      add_write_perm_(routes_),
      put_kv_(kv, waits),
      get_kv_(kv),
      delete_kv_(kv, waits),
      list_kv_(kv),
      get_config_(std::move(config_lines)) {
  router_.add(register_broker_);
  router_.add(unregister_broker_);
  router_.add(query_data_version_);
  router_.add(broker_heartbeat_);
  router_.add(member_group_);
  router_.add(register_topic_);
  router_.add(get_route_);
  router_.add(cluster_info_);
  router_.add(all_topics_);
  router_.add(topics_of_cluster_);
  router_.add(system_topics_);
  router_.add(wipe_write_perm_);
  router_.add(add_write_perm_);
  router_.add(delete_route_);
  router_.add(put_kv_);
  router_.add(get_kv_);
  router_.add(delete_kv_);
  router_.add(list_kv_);
  router_.add(get_config_);
  router_.add(update_config_);
}

}  // namespace mq::apps
