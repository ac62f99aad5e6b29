#pragma once
#include <memory>
#include <optional>

#include "mq/acl/accounts.hpp"
#include "mq/apps/broker_config.hpp"
#include "mq/net/tls.hpp"

namespace mq::apps {

// What the files say that decide who may come in. Read at the start, and again at SIGHUP. Throws CannotStart
// with one sentence that names the file and the place.
std::optional<acl::Accounts> read_accounts(const BrokerConfig& config);
// Null when TLS is disabled.
std::shared_ptr<const net::TlsContext> read_tls(const BrokerConfig& config);

}  // namespace mq::apps
