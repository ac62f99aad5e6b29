#include "mq/testing/loopback.hpp"

#include <unistd.h>

namespace mq::testing {

std::string loopback_address() { return loopback_address(::getpid()); }

std::string loopback_address(int process_id) {
  constexpr int kHosts = 254;  // c = 1 … 254: neither 0 nor 255 at the end
  constexpr int kMiddle = 256;
  const int c = process_id % kHosts + 1;
  const int b = process_id / kHosts % kMiddle;
  const int a = process_id / kHosts / kMiddle + 1;
  return "127." + std::to_string(a) + "." + std::to_string(b) + "." + std::to_string(c);
}

}  // namespace mq::testing
