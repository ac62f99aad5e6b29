#include "mq/apps/security_files.hpp"

#include <fstream>
#include <utility>
#include <variant>

#include "mq/acl/accounts_file.hpp"
#include "mq/apps/listeners.hpp"
#include "mq/base/log.hpp"

namespace mq::apps {

std::optional<acl::Accounts> read_accounts(const BrokerConfig& config) {
  if (config.acl.empty()) return std::nullopt;
  auto read = acl::read_accounts(config.acl);
  if (const auto* bad = std::get_if<acl::BadFile>(&read)) {
    throw CannotStart("the file of accounts cannot be used: " + bad->problem);
  }
  if (acl::is_readable_by_others(config.acl)) {
    base::log("acl")->warn("everybody on this machine can read the secrets: chmod o-rwx it file={}",
                           base::log_quoted(config.acl.string()));
  }
  return std::get<acl::Accounts>(std::move(read));
}

NamesrvLogin read_namesrv_login(const NamesrvConfig& config) {
  NamesrvLogin login;
  login.access_key = config.access_key;
  const auto& file = config.secret_key_file;
  if (!file.empty()) {
    std::ifstream in(file);
    in >> login.secret_key;
    if (login.secret_key.empty()) {
      throw CannotStart("the file " + file.string() +
                        " (namesrv.secret-key-file) cannot be read or holds no secret");
    }
    if (acl::is_readable_by_others(file)) {
      base::log("acl")->warn("everybody on this machine can read the secret: chmod o-rwx it file={}",
                             base::log_quoted(file.string()));
    }
  }
  if (!config.tls) return login;
  try {
    login.tls = std::make_shared<const net::TlsTrust>(config.tls_authorities);
  } catch (const net::TlsError& problem) {
    throw CannotStart(problem.what());
  }
  return login;
}

std::shared_ptr<const net::TlsContext> read_tls(const BrokerConfig& config) {
  if (config.tls() == net::TlsMode::disabled) return nullptr;
  try {
    auto context = std::make_shared<const net::TlsContext>(config.tls_certificate, config.tls_key);
    if (acl::is_readable_by_others(config.tls_key)) {
      base::log("tls")->warn("everybody on this machine can read the key: chmod o-rwx it file={}",
                             base::log_quoted(config.tls_key.string()));
    }
    return context;
  } catch (const net::TlsError& problem) {
    throw CannotStart(problem.what());
  }
}

}  // namespace mq::apps
