#pragma once
#include <memory>
#include <optional>
#include <string>

#include "mq/acl/accounts.hpp"
#include "mq/apps/broker_config.hpp"
#include "mq/net/rpc_stream.hpp"
#include "mq/net/tls.hpp"

namespace mq::apps {

// What the files say that decide who may come in. Read at the start, and again at SIGHUP. Throws CannotStart
// with one sentence that names the file and the place.
std::optional<acl::Accounts> read_accounts(const BrokerConfig& config);
// How to come in at name servers of other processes; read at the start alone.
struct NamesrvLogin {
  std::string access_key;  // empty: nobody has to log in
  std::string secret_key;
  std::shared_ptr<const net::TlsTrust> tls;  // null: no TLS
};
NamesrvLogin read_namesrv_login(const NamesrvConfig& config);
// Null when TLS is disabled.
std::shared_ptr<const net::TlsContext> read_tls(const BrokerConfig& config);

}  // namespace mq::apps
