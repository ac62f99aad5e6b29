#include "mq/client/route.hpp"

#include <gmock/gmock.h>

namespace mq::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

protocol::QueueData queues(std::string broker, std::int32_t perm, std::int32_t read, std::int32_t write) {
  protocol::QueueData data;
  data.broker = std::move(broker);
  data.perm = perm;
  data.read_queues = read;
  data.write_queues = write;
  return data;
}
protocol::BrokerData broker(std::string name, std::map<std::int64_t, std::string> addresses) {
  protocol::BrokerData data;
  data.broker = std::move(name);
  data.addresses = std::move(addresses);
  return data;
}
MessageQueue queue(std::string broker, std::int32_t number) { return {"T", std::move(broker), number}; }

// b may only be read, a only written; c has no master.
protocol::TopicRouteData route() {
  protocol::TopicRouteData route;
  route.queues = {queues("c", 6, 1, 1), queues("b", perm::kRead, 2, 2), queues("a", perm::kWrite, 3, 2)};
  route.brokers = {broker("a", {{0, "a0"}, {1, "a1"}}), broker("b", {{0, "b0"}}), broker("c", {{1, "c1"}})};
  return route;
}

TEST(Route, PermissionsDecideWhoSendsAndWhoReads) {
  EXPECT_THAT(readable_queues("T", route()), ElementsAre(queue("b", 0), queue("b", 1), queue("c", 0)));
  EXPECT_THAT(writable_queues("T", route()), ElementsAre(queue("a", 0), queue("a", 1), queue("c", 0)));
}

TEST(Route, WithoutAMasterNobodyCanSend) {
  EXPECT_THAT(with_master(writable_queues("T", route()), route()), ElementsAre(queue("a", 0), queue("a", 1)));
}

TEST(Route, AnOrderConfigurationOverridesTheQueues) {
  auto ordered = route();
  ordered.order_topic_conf = "b:2;;nonsense;a:1";
  EXPECT_THAT(writable_queues("T", ordered), ElementsAre(queue("a", 0), queue("b", 0), queue("b", 1)));
  ordered.order_topic_conf = "";
  EXPECT_EQ(writable_queues("T", ordered), writable_queues("T", route()));
}

TEST(Route, TopicsAreCreatedWhereTheTemplateIsInherited) {
  protocol::TopicRouteData made_from;
  made_from.brokers = route().brokers;
  made_from.queues = {queues("a", 7, 8, 8), queues("b", 6, 8, 8), queues("c", 7, 8, 8)};
  EXPECT_THAT(creatable_queues("T", made_from),
              ElementsAre(queue("a", 0), queue("a", 1), queue("a", 2), queue("a", 3)));
  made_from.queues = {queues("a", 7, 2, 8)};
  EXPECT_THAT(creatable_queues("T", made_from), ElementsAre(queue("a", 0), queue("a", 1)));
  EXPECT_THAT(creatable_queues("T", {}), IsEmpty());
}

TEST(Route, AddressesAreByBrokerAndId) {
  EXPECT_EQ(broker_address(route(), "a", 1), "a1");
  EXPECT_EQ(broker_address(route(), "c", kMasterId), std::nullopt);
  EXPECT_EQ(broker_address(route(), "z", kMasterId), std::nullopt);
}

}  // namespace
}  // namespace mq::client
