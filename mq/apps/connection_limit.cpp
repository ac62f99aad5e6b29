#include "mq/apps/connection_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "mq/base/log.hpp"

namespace mq::apps {
namespace {

constexpr rlim_t kUnlimited = 1 << 20;  // as many as a server can name

std::size_t descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return static_cast<std::size_t>(std::min(limit.rlim_cur, kUnlimited));
}

}  // namespace

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
      base::log("net")->warn("the limit of open files could not be raised limit={}", descriptors());
    }
  }
  return descriptors();
}

net::ServerOptions server_options(const BrokerConfig& config) {
  net::ServerOptions options;
  const auto affordable = std::max<std::size_t>(descriptors() / 10 * 9, 1);
  options.connections_max = std::min(static_cast<std::size_t>(config.max_connections), affordable);
  return options;
}

}  // namespace mq::apps
