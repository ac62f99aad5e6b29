#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

// "24h", "1d12h", "90m", "30s", "500ms": whole numbers with units, largest first or not, at least one.
// Nothing for anything else, and for what does not fit into 100 years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// The same, as a person writes it: "1d12h", "1m30s", "250ms", "0s".
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace cli
