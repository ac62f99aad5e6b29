#pragma once
#include <filesystem>

#include "bench/mq/figures.hpp"
#include "bench/mq/options.hpp"

namespace bench {

// Half messages and their commits, many in flight; in turns with plain sends of the same bodies.
Figures measure_transactions(const Options& options, const std::filesystem::path& folder);

}  // namespace bench
