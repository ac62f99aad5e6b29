#include <arpa/inet.h>
#include <fmt/format.h>

#include "cli/postgres_cluster.hpp"

namespace cli {
namespace {
// What would end the quoted text, or begin another folder of the list.
bool can_be_listed(const std::filesystem::path& folder) {
  return folder.string().find_first_of("'\",\\\n") == std::string::npos;
}
}  // namespace

bool is_loopback(const std::string& address) {
  in_addr parsed{};
  return ::inet_pton(AF_INET, address.c_str(), &parsed) == 1 && (ntohl(parsed.s_addr) >> 24) == 127;
}

std::string cluster_configuration(const ClusterOptions& options, const std::filesystem::path& socket_folder) {
  const bool safe = options.durability == ClusterOptions::Durability::safe;
  const auto* durable = safe ? "on" : "off";
  return fmt::format(R"(# Written by sluice at every start; changes are lost.
listen_addresses = '{}'
port = {}
unix_socket_directories = '{}'
password_encryption = 'scram-sha-256'
max_connections = 120
shared_buffers = '64MB'
work_mem = '4MB'
maintenance_work_mem = '32MB'
min_wal_size = '80MB'
max_wal_size = '512MB'
wal_level = 'logical'
max_slot_wal_keep_size = '1GB'
fsync = {}
synchronous_commit = {}
full_page_writes = {}
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] %u@%d '
log_min_messages = 'warning'
log_checkpoints = off
tcp_keepalives_idle = 30
)",
                     options.address, options.port,
                     can_be_listed(socket_folder) ? socket_folder.string() : "", durable, durable, durable);
}

std::string cluster_access_rules() {
  return "# Written by sluice at every start; changes are lost.\n"
         "local all         all             scram-sha-256\n"
         "host  all         all 127.0.0.0/8 scram-sha-256\n"
         "host  replication all 127.0.0.0/8 scram-sha-256\n";
}

}  // namespace cli
