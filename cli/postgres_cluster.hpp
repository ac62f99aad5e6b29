#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "cli/child.hpp"
#include "cli/identity.hpp"

namespace cli {

struct ClusterOptions {
  std::filesystem::path folder;       // as the user named it
  std::string address = "127.0.0.1";  // of the loopback interface
  std::uint16_t port = 5433;
  enum class Durability { safe, unsafe_for_tests } durability = Durability::safe;
};

// postgresql.conf and pg_hba.conf, whole: initdb's are replaced at every start, so that a newer program
// brings its own settings to an older cluster. Without a socket folder, or with one whose name cannot be
// written there, TCP remains.
std::string cluster_configuration(const ClusterOptions& options, const std::filesystem::path& socket_folder);
std::string cluster_access_rules();
// False for what is not an address of the loopback interface.
bool is_loopback(const std::string& address);

// A PostgreSQL 15 cluster of our own. As root it runs as user `postgres`, which PostgreSQL demands, and
// lies in /var/lib/sluice/ when that user cannot reach the folder.
//
// Invariant: nothing happens to a cluster without our marker file, whatever folder is named.
// Thread rule: one thread; the calls block.
class PostgresCluster {
 public:
  // Throws std::runtime_error with a sentence when PostgreSQL is not installed, or the address is not
  // a loopback one.
  explicit PostgresCluster(ClusterOptions options);

  [[nodiscard]] const std::filesystem::path& home() const { return home_; }
  [[nodiscard]] bool exists() const;  // made by us
  // Of the superuser; the password is in it. Throws std::runtime_error when the file that has it is gone.
  [[nodiscard]] std::string connection_string() const;
  [[nodiscard]] std::filesystem::path log() const { return home_ / "postgres.log"; }

  // initdb when there is no cluster yet, then the configuration. Throws std::runtime_error with a sentence:
  // a foreign folder, a full disk, another version.
  void prepare();
  // The server in the foreground, for spawn().
  [[nodiscard]] Command server(Command::Lifetime lifetime) const;

  // Starts it in the background and waits until it answers. Nothing when it already runs. `give_up` is asked
  // on the way; once it says so, nothing is left running, and it throws like everything that goes wrong.
  void start(std::chrono::milliseconds limit, const std::function<bool()>& give_up = {});
  // Whether it answered within the limit; `why` has the last refusal.
  bool answers(std::string* why = nullptr) const;
  // Fast shutdown; false when it did not run.
  bool stop(std::chrono::milliseconds grace);
  [[nodiscard]] std::optional<Identity> running() const;
  // Stops it and removes all its files.
  void remove();

 private:
  void refuse_foreign_folder() const;
  void initialise();
  void write_configuration() const;
  void give_to_server(const std::filesystem::path& path) const;

  ClusterOptions options_;
  std::optional<User> user_;
  std::filesystem::path home_;
};

}  // namespace cli
