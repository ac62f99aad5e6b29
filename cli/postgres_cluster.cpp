#include "cli/postgres_cluster.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

#include "cli/secrets.hpp"

namespace cli {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {
constexpr std::string_view kPrograms = "/usr/lib/postgresql/15/bin";
constexpr std::string_view kMarker = "sluice-cluster";
constexpr std::string_view kFormat = "1";
constexpr std::string_view kSuperuser = "postgres";
constexpr std::size_t kSocketPathMax = 107;  // of sockaddr_un
constexpr std::size_t kLogKept = std::size_t{8} << 20;

bool can_reach(const User& user, const fs::path& folder) {
  Command test;
  test.program = "/usr/bin/test";
  test.arguments = {"-x", folder.string()};
  test.user = user;
  return run_to_end(test, 10s).succeeded();
}

fs::path nearest_existing(fs::path path) {
  while (!fs::exists(path) && path.has_relative_path()) path = path.parent_path();
  return path;
}

std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  return hash;
}

fs::path home_for(const fs::path& folder, const std::optional<User>& user) {
  auto wanted = fs::weakly_canonical(fs::absolute(folder));
  if (!user || can_reach(*user, nearest_existing(wanted))) return wanted;
  return fs::path("/var/lib/sluice") / fmt::format("{:016x}", fnv1a(wanted.string()));
}
}  // namespace

PostgresCluster::PostgresCluster(ClusterOptions options) : options_(std::move(options)) {
  if (!fs::exists(fs::path(kPrograms) / "postgres")) {
    throw std::runtime_error("PostgreSQL 15 is not installed; run ./run, or apt-get install postgresql-15");
  }
  if (!is_loopback(options_.address)) {
    throw std::runtime_error(options_.address +
                             " is not a loopback address; the cluster listens on 127.x.y.z only");
  }
  if (::geteuid() == 0) {
    user_ = find_user(std::string(kSuperuser));
    if (!user_) throw std::runtime_error("user postgres is missing, and PostgreSQL refuses to run as root");
  }
  home_ = home_for(options_.folder, user_);
}

bool PostgresCluster::exists() const { return fs::exists(home_ / kMarker); }

std::string PostgresCluster::connection_string() const {
  const auto file = home_ / "superuser.pgpass";
  const auto password = password_in(read_file(file), std::string(kSuperuser));
  if (password.empty()) {
    throw std::runtime_error(
        file.string() +
        " is missing or damaged, and without it nobody can log in; put it back, or remove "
        "everything with sluice reset");
  }
  return fmt::format("host={} port={} user={} password={} dbname=postgres", options_.address, options_.port,
                     kSuperuser, password);
}

void PostgresCluster::refuse_foreign_folder() const {
  if (!fs::exists(home_) || fs::is_empty(home_)) return;
  if (!exists()) {
    throw std::runtime_error(home_.string() +
                             " holds something else; it stays untouched. Name another directory");
  }
  if (const auto format = read_file(home_ / kMarker); format != kFormat) {
    throw std::runtime_error(home_.string() + " has format " + format + " and this program knows " +
                             std::string(kFormat) + "; use the program that made it, or sluice reset");
  }
}

void PostgresCluster::prepare() {
  refuse_foreign_folder();
  if (!fs::exists(home_ / "data" / "PG_VERSION")) initialise();
  write_configuration();
}

void PostgresCluster::give_to_server(const fs::path& path) const {
  if (user_ && ::chown(path.c_str(), user_->uid, user_->gid) != 0) {
    throw std::runtime_error("cannot give " + path.string() + " to user postgres");
  }
}

// The marker comes first, so that what a crash leaves behind is known as ours; PG_VERSION is the sign
// that initdb came to its end, because the data is moved into place afterwards.
void PostgresCluster::initialise() {
  fs::create_directories(home_);
  fs::permissions(home_, fs::perms::owner_all);
  give_to_server(home_);
  write_private_file(home_ / kMarker, std::string(kFormat));
  fs::remove_all(home_ / "data");
  fs::remove_all(home_ / "data.new");
  const auto password = password_for(std::string(kSuperuser), home_ / "superuser.pgpass");
  write_private_file(home_ / "password", password + "\n");
  give_to_server(home_ / "password");

  Command initdb;
  initdb.program = fs::path(kPrograms) / "initdb";
  initdb.arguments = {"--pgdata",         home_ / "data.new",
                      "--username",       std::string(kSuperuser),
                      "--pwfile",         home_ / "password",
                      "--auth",           "scram-sha-256",
                      "--encoding",       "UTF8",
                      "--locale",         "C.UTF-8",
                      "--no-instructions"};
  if (options_.durability == ClusterOptions::Durability::unsafe_for_tests) {
    initdb.arguments.emplace_back("--no-sync");
  }
  initdb.environment = {{"LC_ALL", "C.UTF-8"}};
  initdb.user = user_;
  initdb.folder = home_;
  const auto finished = run_to_end(initdb, 120s);
  fs::remove(home_ / "password");
  if (!finished.succeeded()) {
    throw std::runtime_error("initdb could not create the cluster in " + home_.string() + " (" +
                             describe_end(finished.wait_status) + "). It said:\n" + finished.output);
  }
  fs::rename(home_ / "data.new", home_ / "data");
}

void PostgresCluster::write_configuration() const {
  // Without a socket TCP on the loopback address remains; a path that is too long would stop the server.
  const bool fits = (home_ / ".s.PGSQL.65535.lock").string().size() <= kSocketPathMax;
  const auto data = home_ / "data";
  write_private_file(data / "postgresql.conf", cluster_configuration(options_, fits ? home_ : fs::path()));
  write_private_file(data / "pg_hba.conf", cluster_access_rules());
  give_to_server(data / "postgresql.conf");
  give_to_server(data / "pg_hba.conf");
}

Command PostgresCluster::server(Command::Lifetime lifetime) const {
  std::error_code none;
  if (fs::file_size(log(), none) > kLogKept && !none) fs::rename(log(), log().string() + ".1");
  Command server;
  server.program = fs::path(kPrograms) / "postgres";
  server.arguments = {"-D", home_ / "data"};
  server.environment = {{"LC_ALL", "C.UTF-8"}, {"PGDATA", ""}};
  server.user = user_;
  server.folder = home_;
  server.errors = log();
  server.lifetime = lifetime;
  server.death_signal = SIGINT;  // fast shutdown: does not wait for clients
  return server;
}

bool PostgresCluster::answers(std::string* why) const {
  const auto text = connection_string() + " connect_timeout=2";
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(text.c_str()), &PQfinish);
  const bool good = PQstatus(connection.get()) == CONNECTION_OK;
  if (!good && why != nullptr) *why = PQerrorMessage(connection.get());
  return good;
}

namespace {
void end_our_server(pid_t pid) {
  end_process(identify(pid).value_or(Identity{}), SIGINT, 10s);
  ::waitpid(pid, nullptr, WNOHANG);
}
}  // namespace

void PostgresCluster::start(std::chrono::milliseconds limit, const std::function<bool()>& give_up) {
  if (running()) {
    if (std::string why; !answers(&why)) {
      throw std::runtime_error("the cluster in " + home_.string() +
                               " runs, but not as asked (was it started with another port?): " + why);
    }
    return;
  }
  prepare();
  if (give_up && give_up()) throw std::runtime_error("stopped before PostgreSQL was started");
  const pid_t pid = spawn(server(Command::Lifetime::outlives_us));
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::string why;
  while (!answers(&why)) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) == pid) {
      throw std::runtime_error(fmt::format("PostgreSQL ended at start with {}; see {}. Is {}:{} in use?",
                                           describe_end(status), log().string(), options_.address,
                                           options_.port));
    }
    if (give_up && give_up()) {
      end_our_server(pid);
      throw std::runtime_error("stopped before PostgreSQL answered");
    }
    if (std::chrono::steady_clock::now() > deadline) {
      end_our_server(pid);
      throw std::runtime_error("PostgreSQL did not answer in time: " + why);
    }
    std::this_thread::sleep_for(20ms);
  }
}

// The server's own pid file may be older than the process that has its pid now: what it names has to be a
// server of this data directory. The command line is readable by every user, unlike the working directory.
std::optional<Identity> PostgresCluster::running() const {
  std::ifstream file(home_ / "data" / "postmaster.pid");
  pid_t pid = 0;
  if (!exists() || !(file >> pid)) return std::nullopt;
  const auto arguments = read_file("/proc/" + std::to_string(pid) + "/cmdline");
  const auto data = std::string("-D") + '\0' + (home_ / "data").string() + '\0';
  if (arguments.find(data) == std::string::npos) return std::nullopt;
  return identify(pid);
}

bool PostgresCluster::stop(std::chrono::milliseconds grace) {
  const auto server = running();
  if (!server) return false;
  end_process(*server, SIGINT, grace);
  return true;
}

void PostgresCluster::remove() {
  if (!exists()) return;
  stop(30s);
  fs::remove_all(home_);
}

}  // namespace cli
