#include "mq/broker/router.hpp"

#include <algorithm>

namespace mq::broker {

void Router::dispatch(const protocol::CommandView& request, const net::Peer& peer, net::Reply reply,
                      const acl::Account* account) {
  const auto route = routes_.find(request.code);
  if (route == routes_.end()) {
    const auto remark = " request type " + std::to_string(request.code) + " not supported";
    return send_answer(reply, response_code::kRequestCodeNotSupported, remark, {}, {});
  }
  ++route->second.calls;
  const Caller caller{peer, request.language, request.version, account};
  route->second.serve(route->second.processor, request, caller, reply, scratch_);
}

std::string_view Router::name_of(std::int32_t code) const {
  const auto route = routes_.find(code);
  return route == routes_.end() ? "UNKNOWN" : route->second.name;
}

std::vector<Router::Row> Router::rows() const {
  std::vector<Row> rows;
  rows.reserve(routes_.size());
  for (const auto& [code, route] : routes_) rows.push_back({code, route.name, route.calls});
  std::ranges::sort(rows, {}, &Row::code);
  return rows;
}

}  // namespace mq::broker
