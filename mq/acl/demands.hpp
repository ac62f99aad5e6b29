#pragma once
#include <string>
#include <vector>

#include "mq/acl/request_table.hpp"
#include "mq/protocol/command.hpp"

namespace mq::acl {

// One right that a request needs.
struct Demand {
  Resource kind = Resource::topic;
  std::string name;
  Actions any_of = 0;
  friend bool operator==(const Demand&, const Demand&) = default;
};

struct Demands {
  bool admin = false;
  std::vector<Demand> all;  // each must be met
};

// What a request asks for: from its table row, its fields and, where its names stand there, its body. What
// cannot be read, or does not name what it is about, is an administrator's.
Demands demands_of(const protocol::CommandView& request);

}  // namespace mq::acl
