#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cli/layout.hpp"
#include "cli/postgres_cluster.hpp"
#include "cli/supervisor.hpp"
#include "cli/system_settings.hpp"

namespace cli {

// The private cluster of a running system.
ClusterOptions cluster_options(const SystemSettings& system, const Layout& layout);

// PostgreSQL first, then the table of processes: what the supervisor is given.
std::vector<Supervisor::Part> system_parts(const SystemSettings& system, const Layout& layout,
                                           const std::shared_ptr<PostgresCluster>& cluster);

// What stands on the screen once all is ready: where things listen, and what to try.
std::string welcome(const SystemSettings& system, const Layout& layout, const RunState& state,
                    const std::string& program);

}  // namespace cli
