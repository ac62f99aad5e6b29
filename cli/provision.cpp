#include "cli/provision.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <stdexcept>

#include "cli/secrets.hpp"
#include "mq/base/assert.hpp"

namespace cli {
namespace {
using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

Connection connect(const std::string& text) {
  Connection connection(PQconnectdb((text + " options='-c client_min_messages=warning'").c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
  return connection;
}

// The number of rows.
int run(const Connection& connection, const std::string& sql,
        const std::vector<std::string>& parameters = {}) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) values.push_back(parameter.c_str());
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexecParams(connection.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                   nullptr, nullptr, 0),
      &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  return PQntuples(result.get());
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char letter) {
    return std::islower(letter) != 0 || std::isdigit(letter) != 0 || letter == '_';
  });
}

// Hashed on this side: a statement may end up in a log.
std::string scram_hash(const Connection& connection, const std::string& role, const std::string& password) {
  const std::unique_ptr<char, decltype(&PQfreemem)> hash(
      PQencryptPasswordConn(connection.get(), password.c_str(), role.c_str(), "scram-sha-256"), &PQfreemem);
  if (!hash) throw std::runtime_error(PQerrorMessage(connection.get()));
  return hash.get();
}

void make_role(const Connection& connection, const Tenant& tenant) {
  BASE_ASSERT(is_plain_name(tenant.role), "role names are ours, and are written into statements as they are");
  if (run(connection, "SELECT 1 FROM pg_roles WHERE rolname = $1", {tenant.role}) == 0) {
    run(connection,
        fmt::format("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT", tenant.role));
  }
  const auto password = password_for(tenant.role, tenant.password_file);
  run(connection,
      fmt::format("ALTER ROLE {} PASSWORD '{}'", tenant.role, scram_hash(connection, tenant.role, password)));
}
}  // namespace

void provision(const std::string& superuser, const std::string& database,
               const std::vector<Tenant>& tenants) {
  BASE_ASSERT(is_plain_name(database), "database names are ours");
  const auto server = connect(superuser);
  for (const auto& tenant : tenants) make_role(server, tenant);
  if (run(server, "SELECT 1 FROM pg_database WHERE datname = $1", {database}) == 0) {
    run(server, "CREATE DATABASE " + database);
  }
  run(server, fmt::format("REVOKE ALL ON DATABASE {} FROM PUBLIC", database));

  const auto inside = connect(superuser + " dbname=" + database);
  run(inside, "REVOKE ALL ON SCHEMA public FROM PUBLIC");
  for (const auto& tenant : tenants) {
    run(inside, fmt::format("CREATE SCHEMA IF NOT EXISTS {0} AUTHORIZATION {0}", tenant.role));
    run(inside, fmt::format("GRANT CONNECT ON DATABASE {} TO {}", database, tenant.role));
  }
}

}  // namespace cli
