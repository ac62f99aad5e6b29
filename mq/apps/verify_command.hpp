#pragma once
#include <optional>

namespace mq::apps {

// `sluice-mq --verify DIR [--json]`: reads a whole store that nobody uses, and prints a verdict. The exit
// code: 0 it is sound, 1 it is damaged, 2 it cannot be told. Nothing when the command line says nothing of
// it.
std::optional<int> verify_if_asked(int argc, const char* const* argv);

}  // namespace mq::apps
