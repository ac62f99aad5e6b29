#pragma once
#include <array>
#include <cstdint>
#include <string>

namespace mq::client {

// The IPv4 address this machine would reach `server` ("host:port") from; 127.0.0.1 when that cannot be
// told, for example because the server is given by name. Sends nothing.
std::array<std::uint8_t, 4> local_address_towards(const std::string& server);

// "ip@pid#start", or "ip@instance" when an instance name is given. Members of a group are told apart by
// it: two clients of one process differ by their start, and instance names have to differ by themselves.
std::string make_client_id(const std::array<std::uint8_t, 4>& ip, const std::string& instance);

}  // namespace mq::client
