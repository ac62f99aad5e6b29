#pragma once
#include <cstddef>
#include <string>

#include "mq/load/histogram.hpp"
#include "mq/load/load.hpp"
#include "mq/load/pulls.hpp"
#include "mq/load/sends.hpp"
#include "mq/load/sockets.hpp"
#include "mq/load/topics.hpp"
#include "mq/load/transactions.hpp"

// The load lives in mq/load, because `sluice mq bench` has the same. Here its names are used as they are.
namespace bench {

using namespace mq::load;

// What every workload sends unless it says otherwise.
inline constexpr int kQueues = 8;
inline constexpr std::size_t kBodySize = 1024;
inline const std::string kTopic = "bench";

}  // namespace bench
