#pragma once
#include <cstdint>
#include <filesystem>

#include "bench/mq/figures.hpp"
#include "bench/mq/options.hpp"

namespace bench {

// From exec to the ready line, each on an empty directory; and the memory of the last one a second later.
Figures measure_starts(const Options& options, const std::filesystem::path& folder);

// Start after kill -9 right behind the last answer to so many durable messages.
Figures measure_restart(std::uint64_t messages, const Options& options, const std::filesystem::path& folder);

}  // namespace bench
