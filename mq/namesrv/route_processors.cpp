#include "mq/namesrv/route_processors.hpp"

#include <string>

namespace mq::namesrv {

using broker::done;
using broker::refuse;
using broker::with_body;

Answer<> GetRoute::operator()(const Request& request, const Caller& caller) {
  const auto route = routes_.route(request.topic, caller.peer);
  if (!route) {
    return refuse(broker::response_code::kTopicNotExist,
                  "No topic route info in name server for the topic: " + request.topic);
  }
  return with_body(*route);
}

Answer<> GetClusterInfo::operator()(const Request&, const Caller& caller) {
  return with_body(routes_.clusters(caller.peer));
}

Answer<> GetAllTopics::operator()(const Request&, const Caller&) {
  protocol::TopicList body;
  body.topics = routes_.topics();
  return with_body(body);
}

Answer<> GetTopicsOfCluster::operator()(const Request& request, const Caller&) {
  protocol::TopicList body;
  body.topics = routes_.topics_of(request.cluster);
  return with_body(body);
}

Answer<> GetSystemTopics::operator()(const Request&, const Caller& caller) {
  protocol::TopicList body;
  if (auto address = routes_.any_address(caller.peer); !address.empty())
    body.broker_address = std::move(address);
  body.topics = routes_.system_topics();
  return with_body(body);
}

Answer<protocol::WipeWritePermOfBrokerResponse> WipeWritePerm::operator()(const Request& request,
                                                                          const Caller&) {
  return Response{
      static_cast<std::int32_t>(routes_.show_writing(request.broker, RouteTable::Writing::hidden))};
}

Answer<protocol::AddWritePermOfBrokerResponse> AddWritePerm::operator()(const Request& request,
                                                                        const Caller&) {
  return Response{
      static_cast<std::int32_t>(routes_.show_writing(request.broker, RouteTable::Writing::shown))};
}

Answer<> DeleteRoute::operator()(const Request& request, const Caller&) {
  registry_.remove_topic(request.topic, request.cluster);
  return done();
}

}  // namespace mq::namesrv
