#pragma once
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "mq/net/server.hpp"

namespace mq::apps {

// Why the program does not start: one sentence that says what happened and what to do.
class CannotStart : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Ports {
  std::uint16_t broker = 0;
  std::uint16_t vip = 0;      // always broker - 2: clients compute it
  std::uint16_t namesrv = 0;  // 0: none
};

// Binds broker and VIP port, and the name server's unless there is none. A wanted port of 0 takes a free one;
// broker and VIP port are taken together. Throws CannotStart.
Ports open_listeners(net::Server& server, const std::string& ip, std::uint16_t broker_port,
                     std::optional<std::uint16_t> namesrv_port);
// One of them. `use` names it for people. Throws CannotStart.
std::uint16_t open_listener(net::Server& server, const std::string& ip, std::uint16_t port,
                            const std::string& use);

}  // namespace mq::apps
