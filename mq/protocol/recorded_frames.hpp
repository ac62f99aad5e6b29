#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "mq/protocol/command.hpp"

// For tests: what stock clients and a genuine RocketMQ said to each other (tests/vectors/conversations).
namespace mq::protocol {

// One recorded frame: what its sender meant, and its bytes.
struct Recorded {
  std::string where;  // file and line
  Command meant;
  base::Bytes frame;
  std::int32_t request_code = -1;  // of the request that a response answers; -1 when it was not recorded
};

// All frames of all recordings, in the order of the files. Loaded once.
const std::vector<Recorded>& recorded();

}  // namespace mq::protocol
