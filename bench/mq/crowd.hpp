#pragma once
#include <filesystem>
#include <vector>

#include "bench/mq/figures.hpp"
#include "bench/mq/load.hpp"
#include "bench/mq/options.hpp"

namespace bench {

// Connections that each wait with a long poll on a queue where nothing ever comes: idle consumers.
class Crowd {
 public:
  Crowd(const Endpoint& broker, int connections);

 private:
  std::vector<std::unique_ptr<Socket>> sockets_;
};

// Lets this process, and what it starts, have so many descriptors; as many as it may if that is fewer.
void allow_descriptors(std::size_t wanted);

// What idle connections cost the broker in memory.
Figures measure_crowd(const Options& options, const std::filesystem::path& folder);

}  // namespace bench
