#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mq/broker/durable_map.hpp"
#include "mq/net/server.hpp"
#include "mq/protocol/bodies_route.hpp"
#include "mq/protocol/headers_registration.hpp"

namespace mq::namesrv {

struct RegistryOptions {
  std::chrono::milliseconds expiry{120'000};  // of a broker that says nothing, unless it names another time
  bool delete_absent_topics =
      false;  // a registration without a topic deletes it (deleteTopicWithBrokerRegistration)
  // What strangers may make us keep.
  std::size_t brokers_max = 1000;    // addresses
  std::size_t topics_max = 200'000;  // of all brokers together
};

// Brokers of other processes and their topics, as they registered (rocketmq-wire.md 4.1). In memory only:
// brokers say it again every 30 s. A broker is one or more addresses by id; 0 is its master.
//
// A registration whose DataVersion is known changes no topic that is there; topics it does not name stay,
// because genuine brokers send changes alone.
//
// Thread rule: the hot thread. Times are steady.
class BrokerRegistry {
 public:
  using Now = std::chrono::steady_clock::time_point;
  using Topics = broker::TextMap<protocol::QueueData>;
  struct Broker {
    std::string cluster;
    std::map<std::int64_t, std::string> addresses;
    bool enable_acting_master = false;
    std::optional<std::string> zone;
    Topics topics;  // of its master
  };
  struct Live {
    std::string broker;
    protocol::DataVersion version;
    std::string ha_address;
    net::ConnectionKey connection;
    Now seen;
    std::chrono::milliseconds expiry;
    std::size_t body = 0;  // hash of the registration that was applied last; 0: look at the next one
  };

  explicit BrokerRegistry(RegistryOptions options) : options_(options) {}

  // What a registration leads to: a refusal in words, or what a slave is told about its master.
  struct Outcome {
    std::string refused;
    protocol::RegisterBrokerResponse master;
  };
  Outcome enroll(const protocol::RegisterBrokerRequest& request, const protocol::RegisterBrokerBody& body,
                 std::size_t body_hash, net::ConnectionKey connection, Now now);
  // True when exactly this registration came last on this connection: it counts as a sign of life, and its
  // body needs no reading.
  bool enroll_again(const protocol::RegisterBrokerRequest& request, std::size_t body_hash,
                    net::ConnectionKey connection, Now now);
  void remove(const protocol::BrokerIdentity& who);
  void touch(std::string_view cluster, std::string_view address, Now now);
  [[nodiscard]] const protocol::DataVersion* version_of(std::string_view cluster,
                                                        std::string_view address) const;

  void closed(net::ConnectionKey connection);
  // Drops who has not been heard of for too long. Their connections, for the caller to close.
  std::vector<net::ConnectionKey> expire(Now now);

  // Sets queues of one topic on brokers that are known; nothing when one of them is not.
  void put_topic(const std::string& topic, const std::vector<protocol::QueueData>& queues);
  // Of one cluster, or of all when it is empty.
  void remove_topic(std::string_view topic, std::string_view cluster);
  // Upstream's rule: taken away it is the write bit, given back it is reading and writing. How many topics.
  std::size_t set_writing(std::string_view broker, bool may_write);

  [[nodiscard]] const std::map<std::string, Broker, std::less<>>& brokers() const { return brokers_; }
  [[nodiscard]] std::size_t live() const { return live_.size(); }

 private:
  using Key = std::pair<std::string, std::string>;  // cluster, address
  [[nodiscard]] std::string refusal(const protocol::RegisterBrokerRequest& request,
                                    const protocol::RegisterBrokerBody& body) const;
  [[nodiscard]] bool is_overruled(const protocol::RegisterBrokerRequest& request,
                                  const protocol::DataVersion& version) const;
  void apply_topics(Broker& broker, const std::string& name, const protocol::RegisterBrokerBody& body,
                    bool changed);
  [[nodiscard]] protocol::RegisterBrokerResponse master_of(const Broker& broker, std::int64_t id) const;
  void drop(std::map<Key, Live>::iterator live);
  [[nodiscard]] Live* find(std::string_view cluster, std::string_view address);
  void read_bodies_again();
  void complain(const protocol::BrokerIdentity& who, const std::string& why, Now now);

  RegistryOptions options_;
  std::map<std::string, Broker, std::less<>> brokers_;  // by name
  std::map<Key, Live> live_;
  std::size_t topics_ = 0;
  std::optional<Now> complained_;
};

}  // namespace mq::namesrv
