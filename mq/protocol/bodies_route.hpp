#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Bodies of routes and topics (rocketmq-wire.md 2.7, 4.1, 4.2).
namespace mq::protocol {

struct QueueData {
  std::string broker{};
  std::int32_t perm = 0;
  std::int32_t read_queues = 0;
  std::int32_t topic_sys_flag = 0;
  std::int32_t write_queues = 0;
  friend bool operator==(const QueueData&, const QueueData&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("brokerName", self.broker);
    v.field("perm", self.perm);
    v.field("readQueueNums", self.read_queues);
    v.field("topicSysFlag", self.topic_sys_flag);
    v.field("writeQueueNums", self.write_queues);
  }
};

struct BrokerData {
  std::map<std::int64_t, std::string> addresses{};  // by broker id; 0 is the master
  std::string broker{};
  std::string cluster{};
  bool enable_acting_master = false;
  std::optional<std::string> zone{};
  friend bool operator==(const BrokerData&, const BrokerData&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("brokerAddrs", self.addresses);
    v.field("brokerName", self.broker);
    v.field("cluster", self.cluster);
    v.field("enableActingMaster", self.enable_acting_master);
    v.field("zoneName", self.zone);
  }
};

// Code 105. Go compares it field by field: keep `brokers` and `queues` sorted by broker name.
struct TopicRouteData {
  std::vector<BrokerData> brokers{};
  std::map<std::string, std::vector<std::string>> filter_servers{};
  std::optional<std::string> order_topic_conf{};
  std::vector<QueueData> queues{};
  friend bool operator==(const TopicRouteData&, const TopicRouteData&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("brokerDatas", self.brokers);
    v.field("filterServerTable", self.filter_servers);
    v.field("orderTopicConf", self.order_topic_conf);
    v.field("queueDatas", self.queues);
  }
};

// Code 106.
struct ClusterInfo {
  std::map<std::string, BrokerData> brokers{};
  std::map<std::string, std::vector<std::string>> clusters{};  // cluster -> broker names
  friend bool operator==(const ClusterInfo&, const ClusterInfo&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("brokerAddrTable", self.brokers);
    v.field("clusterAddrTable", self.clusters);
  }
};

// Codes 206, 224, 304, 305, 343.
struct TopicList {
  std::optional<std::string> broker_address{};
  std::vector<std::string> topics{};
  friend bool operator==(const TopicList&, const TopicList&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("brokerAddr", self.broker_address);
    v.field("topicList", self.topics);
  }
};

// Code 300.
struct GroupList {
  std::vector<std::string> groups{};
  friend bool operator==(const GroupList&, const GroupList&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("groupList", self.groups);
  }
};

// Codes 28, 219.
struct KVTable {
  std::map<std::string, std::string> table{};
  friend bool operator==(const KVTable&, const KVTable&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("table", self.table);
  }
};

struct DataVersion {
  std::int64_t counter = 0;
  std::int64_t state_version = 0;
  std::int64_t timestamp = 0;
  friend bool operator==(const DataVersion&, const DataVersion&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("counter", self.counter);
    v.field("stateVersion", self.state_version);
    v.field("timestamp", self.timestamp);
  }
};

// Code 351, and within others.
struct TopicConfig {
  std::map<std::string, std::string> attributes{};
  bool order = false;
  std::int32_t perm = 6;
  std::int32_t read_queues = 0;
  std::string filter_type = "SINGLE_TAG";
  std::string topic{};
  std::int32_t topic_sys_flag = 0;
  std::int32_t write_queues = 0;
  friend bool operator==(const TopicConfig&, const TopicConfig&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("attributes", self.attributes);
    v.field("order", self.order);
    v.field("perm", self.perm);
    v.field("readQueueNums", self.read_queues);
    v.field("topicFilterType", self.filter_type);
    v.field("topicName", self.topic);
    v.field("topicSysFlag", self.topic_sys_flag);
    v.field("writeQueueNums", self.write_queues);
  }
};

// Code 18.
struct TopicConfigList {
  std::vector<TopicConfig> topics{};
  friend bool operator==(const TopicConfigList&, const TopicConfigList&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("topicConfigList", self.topics);
  }
};

// Code 21.
struct TopicConfigSerializeWrapper {
  DataVersion data_version{};
  std::optional<DataVersion> mapping_data_version{};
  std::map<std::string, TopicConfig> topics{};
  friend bool operator==(const TopicConfigSerializeWrapper&, const TopicConfigSerializeWrapper&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("dataVersion", self.data_version);
    v.field("mappingDataVersion", self.mapping_data_version);
    v.field("topicConfigTable", self.topics);
  }
};

// Code 103, uncompressed.
struct RegisterBrokerBody {
  std::vector<std::string> filter_servers{};
  TopicConfigSerializeWrapper topics{};
  friend bool operator==(const RegisterBrokerBody&, const RegisterBrokerBody&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("filterServerList", self.filter_servers);
    v.field("topicConfigSerializeWrapper", self.topics);
  }
};

// Code 901: the processes of one broker name.
struct BrokerMemberGroup {
  std::map<std::int64_t, std::string> addresses{};
  std::string broker{};
  std::string cluster{};
  friend bool operator==(const BrokerMemberGroup&, const BrokerMemberGroup&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("brokerAddrs", self.addresses);
    v.field("brokerName", self.broker);
    v.field("cluster", self.cluster);
  }
};
struct BrokerMemberGroupBody {
  BrokerMemberGroup group{};
  friend bool operator==(const BrokerMemberGroupBody&, const BrokerMemberGroupBody&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("brokerMemberGroup", self.group);
  }
};

}  // namespace mq::protocol
