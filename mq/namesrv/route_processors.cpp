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
  if (request.cluster == routes_.options().cluster) body.topics = routes_.topics();
  return with_body(body);
}

Answer<> GetSystemTopics::operator()(const Request&, const Caller& caller) {
  protocol::TopicList body;
  body.broker_address = routes_.broker_address(caller.peer);
  body.topics = {routes_.options().cluster, routes_.options().broker};
  return with_body(body);
}

namespace {
std::int32_t concerned(RouteTable& routes, const std::string& broker, RouteTable::Writing writing) {
  return broker == routes.options().broker ? static_cast<std::int32_t>(routes.show_writing(writing)) : 0;
}
}  // namespace

Answer<protocol::WipeWritePermOfBrokerResponse> WipeWritePerm::operator()(const Request& request,
                                                                          const Caller&) {
  return Response{concerned(routes_, request.broker, RouteTable::Writing::hidden)};
}

Answer<protocol::AddWritePermOfBrokerResponse> AddWritePerm::operator()(const Request& request,
                                                                        const Caller&) {
  return Response{concerned(routes_, request.broker, RouteTable::Writing::shown)};
}

Answer<> DeleteRoute::operator()(const Request&, const Caller&) { return done(); }

}  // namespace mq::namesrv
