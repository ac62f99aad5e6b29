#pragma once
#include <string>

namespace mq::testing {

// An address 127.a.b.c of this process alone, derived from its process id: test programs that run at
// the same time use the same fixed ports without meeting, and a killed one gets its port back.
std::string loopback_address();

// The same for a given process id. Different ids up to Linux' limit of 4,194,304 give different
// addresses, and none gives 127.0.x.x.
std::string loopback_address(int process_id);

}  // namespace mq::testing
