#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace cli {

// What one service may see of the database.
struct Tenant {
  std::string role;  // also the name of its schema; letters, digits and '_'
  std::filesystem::path password_file;
};

// Creates the database, and for each tenant a role that owns its one schema and can do nothing else. What
// is there already stays; passwords are set anew from their files, which are made when missing.
// `superuser` is a connection string to any database. Throws std::runtime_error with PostgreSQL's words.
void provision(const std::string& superuser, const std::string& database, const std::vector<Tenant>& tenants);

}  // namespace cli
