#pragma once
#include <set>
#include <string>

#include "mq/base/log.hpp"

namespace mq::client {

// Says each kind of lasting trouble once when it begins and once when it is over, however often it is
// met in between.
class Complaints {
 public:
  // `kind` tells troubles apart; `detail` is a sentence with a key=value tail.
  void begin(const std::string& kind, const std::string& detail) {
    if (open_.insert(kind).second) base::log("mq.client")->warn("{}", detail);
  }
  void end(const std::string& kind, const std::string& detail) {
    if (open_.erase(kind) > 0) base::log("mq.client")->info("{}", detail);
  }

 private:
  std::set<std::string> open_;
};

}  // namespace mq::client
