#include "mq/apps/security_files.hpp"

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
