#pragma once
#include <filesystem>

#include "bench/mq/figures.hpp"
#include "bench/mq/options.hpp"

namespace bench {

// Messages at a fixed rate and one consumer that waits for them by long polls: from the moment at which each
// was meant to be sent to its arrival. Beside it an echo of the same requests at the same rate.
Figures measure_end_to_end(const Options& options, const std::filesystem::path& folder);

}  // namespace bench
