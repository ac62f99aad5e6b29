#pragma once
#include "cli/detach.hpp"
#include "cli/system_settings.hpp"

namespace cli {

// Starts the whole system and stays with it to its end. Exit code 0 when it was asked to stop after all
// was ready.
// `background` is null in the foreground.
int run_up(const SystemSettings& system, Background* background);

}  // namespace cli
