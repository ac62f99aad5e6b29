#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/broker/durable_map.hpp"
#include "mq/broker/message_filter.hpp"
#include "mq/model/record.hpp"
#include "mq/net/server.hpp"
#include "mq/protocol/bodies_group.hpp"

namespace mq::broker {

// A program connected to us, as its heartbeat described it. One program has one client id and may be a
// member of several groups; the connection is what identifies it.
struct Client {
  net::ConnectionKey connection;
  Host remote;
  std::string id;
  std::string language;
  std::int32_t version = 0;
};

// What a group has subscribed. All members share it, the last writer wins: RocketMQ demands that members
// of a group subscribe alike.
struct Subscription {
  protocol::SubscriptionData data;
  std::shared_ptr<const MessageFilter> filter;  // nothing: the expression makes no sense
};

struct ConsumerGroup {
  using Now = std::chrono::steady_clock::time_point;
  struct Member {
    Client client;
    Now seen;
  };
  protocol::ConsumeType type = protocol::ConsumeType::passively;
  protocol::MessageModel model = protocol::MessageModel::clustering;
  protocol::ConsumeFromWhere from_where = protocol::ConsumeFromWhere::last;
  std::map<std::string, Subscription, std::less<>> subscriptions;  // by topic
  std::map<net::ConnectionKey, Member> members;
  std::optional<std::int32_t> fingerprint;  // of the last heartbeat; 0: it was not a V2 one
};

// Who is connected: consumers by group, producers by group (rocketmq-wire.md 4.4). Kept in memory only;
// clients say it again every 30 s, and at once after a reconnect.
//
// Thread rule: the hot thread. Times are steady.
class ClientRegistry {
 public:
  using Now = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kExpiry{120};
  // Tells a member that its group changed (code 40).
  using Notify = std::function<void(net::ConnectionKey member, const std::string& group)>;

  explicit ClientRegistry(Notify notify) : notify_(std::move(notify)) {}

  enum class Subscriptions { replace, keep };  // keep: the heartbeat carried none (V2)
  enum class Notice { send, withhold };        // the group's notifyConsumerIdsChangedEnable
  // Adds or refreshes a member and tells the others when something changed.
  void register_consumer(const protocol::ConsumerData& data, Client client, Subscriptions subscriptions,
                         Notice notice, Now now);
  void register_producer(const std::string& group, Client client, Now now);

  // Remembers the fingerprint of a heartbeat, 0 for one that is not V2; true when it is not the one before,
  // or when it stands for subscriptions we do not have, and the client has to send everything.
  bool note_fingerprint(std::string_view group, std::int32_t fingerprint, Subscriptions subscriptions);

  void unregister_consumer(std::string_view group, net::ConnectionKey connection, Notice notice);
  void unregister_producer(std::string_view group, net::ConnectionKey connection);
  void closed(net::ConnectionKey connection);
  // Drops who has not been heard of for 120 s.
  void expire(Now now);

  [[nodiscard]] const ConsumerGroup* find_consumers(std::string_view group) const;
  [[nodiscard]] std::vector<Client> producers_of(std::string_view group) const;
  // The connection of the producer with this client id, the latest if there are several.
  [[nodiscard]] std::optional<net::ConnectionKey> find_producer(std::string_view client_id) const;
  [[nodiscard]] std::vector<std::string> client_ids(std::string_view group) const;  // sorted, each once
  [[nodiscard]] std::vector<std::string> groups_subscribing(std::string_view topic) const;  // sorted
  // Calls visit(group, client, seen) for every producer.
  template <class Visit>
  void each_producer(Visit visit) const {
    for (const auto& [group, producers] : producers_) {
      for (const auto& [connection, producer] : producers) visit(group, producer.client, producer.seen);
    }
  }
  // The first producer behind this one of this group, in order of group and connection: for walks that are
  // too long for one step. Valid until the next change.
  struct ProducerAt {
    std::string_view group;
    const Client& client;
  };
  [[nodiscard]] std::optional<ProducerAt> next_producer(std::string_view group,
                                                        net::ConnectionKey connection) const;
  // Groups with members.
  [[nodiscard]] const TextMap<ConsumerGroup>& consumers() const { return consumers_; }

 private:
  struct Producer {
    Client client;
    Now seen;
  };
  using Producers = std::map<net::ConnectionKey, Producer>;

  void forget_producer(const Client& client);
  static bool update_subscriptions(ConsumerGroup& group, const protocol::ConsumerData& data);
  void notify_members(const std::string& name, const ConsumerGroup& group) const;
  template <class Gone>
  void remove_members(Gone gone);

  Notify notify_;
  TextMap<ConsumerGroup> consumers_;
  std::map<std::string, Producers, std::less<>> producers_;
  TextMap<net::ConnectionKey> producer_ids_;
};

}  // namespace mq::broker
