#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace cli {

// What the command line chose to do; gives the exit code.
using Chosen = std::function<int()>;

// Each adds its commands to `app`; parsing one of them fills `chosen`.
void add_postgres(CLI::App& app, Chosen& chosen);
void add_up(CLI::App& app, Chosen& chosen);        // up, down, reset
void add_watching(CLI::App& app, Chosen& chosen);  // status, logs
void add_clock(CLI::App& app, Chosen& chosen);
void add_mq(CLI::App& app, Chosen& chosen);
void add_order(CLI::App& app, Chosen& chosen);
void add_demo(CLI::App& app, Chosen& chosen);

}  // namespace cli
