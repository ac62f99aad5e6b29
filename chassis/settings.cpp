#include <boost/asio/ip/address.hpp>

#include "chassis/service.hpp"

namespace chassis {
namespace {

// Every listener binds loopback unless told otherwise in so many words.
std::string check_address(const std::string& setting, const std::string& ip, const ServiceConfig& service) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(ip, error);
  if (error) return setting + ": '" + ip + "' is not an IP address";
  if (address.is_loopback() || service.insecure_public) return {};
  return setting + ": " + ip + " can be reached from outside; --insecure-public says that this is meant";
}

}  // namespace

void add_settings(base::Settings& settings, ServiceConfig& config) {
  settings.add("ip", config.ip, "address of the admin listener");
  settings.add("admin.port", config.admin_port,
               "port of /livez, /readyz, /metrics and /due; 0 takes a free one");
  settings.add("insecure_public", config.insecure_public, "let listeners bind addresses others can reach");
  settings.add("test_clock", config.test_clock, "page file of the shared test clock; empty: system time");
  settings.add("stop_grace", config.stop_grace, "time to finish work in flight after SIGTERM");
  settings.range("stop_grace", 0, 600'000);
  settings.add("log.level", config.log.level, "least level that is logged");
  settings.choices("log.level", {"trace", "debug", "info", "warn", "error"});
  settings.add("log.json", config.log.json, "one JSON object a line");
  settings.add("log.file", config.log.file, "log file, rotated; empty: standard error");
  settings.add("log.file_size_max", config.log.file_size_max, "size at which a log file is rotated",
               base::Settings::Kind::size);
  settings.range("log.file_size_max", 4096, std::int64_t{1} << 40);
  settings.add("log.files_max", config.log.files_max, "log files kept, the present one included");
  settings.range("log.files_max", 1, 1000);
  settings.check([&config] { return check_address("ip", config.ip, config); });
}

void add_settings(base::Settings& settings, DatabaseOptions& options) {
  settings.add("database.dsn", options.dsn, "libpq keywords: host=… port=… dbname=… user=…");
  settings.add("database.password_file", options.password_file, "a .pgpass file, mode 0600");
  settings.add("database.schema", options.schema, "schema of this service");
  settings.add("database.connections", options.connections, "connections, each with a thread");
  settings.range("database.connections", 1, 256);
  settings.add("database.statement_timeout", options.statement_timeout, "longest a statement may run");
  settings.add("database.lock_timeout", options.lock_timeout, "longest a statement may wait for a lock");
  settings.add("database.connect_timeout", options.connect_timeout, "longest a connection may take to open");
  settings.add("database.queue_timeout", options.queue_timeout,
               "longest a transaction may wait for a connection");
  settings.add("database.waiting_max", options.waiting_max, "transactions that may wait for a connection");
  // Zero would mean "for ever" to PostgreSQL.
  for (const auto* limit : {"statement_timeout", "lock_timeout", "connect_timeout", "queue_timeout"})
    settings.range(std::string("database.") + limit, 1, 600'000);
  settings.range("database.waiting_max", 1, 100'000);
  settings.check([&options]() -> std::string {
    if (options.dsn.find("password=") == std::string::npos) return {};
    return "database.dsn: the password belongs into database.password_file, where only this user can read it";
  });
}

void add_settings(base::Settings& settings, mq::client::ClientOptions& options) {
  settings.add("mq.name_servers", options.name_servers, "name servers, host:port");
  settings.add("mq.instance", options.instance, "part of the client id; empty: pid and start time");
  settings.add("mq.rpc_timeout", options.rpc_timeout, "longest a call to a broker may take");
  settings.add("mq.route_interval", options.route_interval, "how often routes are asked for");
  settings.add("mq.heartbeat_interval", options.heartbeat_interval, "how often brokers hear of us");
  settings.add("mq.access_key", options.access_key,
               "who we are, where the cluster wants to know; empty: nobody");
  settings.add("mq.secret_key", options.secret_key, "what our requests are signed with",
               base::Settings::Kind::secret);
  settings.add("mq.tls", options.tls, "TLS to name servers and brokers");
  settings.add("mq.tls_ca", options.tls_authorities,
               "certificates (PEM) of those who may have signed a server's; empty: any will do");
  settings.check([&options]() -> std::string {
    return options.access_key.empty() == options.secret_key.empty()
               ? ""
               : "mq.access_key and mq.secret_key belong together: one of them is missing";
  });
  settings.check([&options]() -> std::string {
    return options.name_servers.empty() ? "mq.name_servers: at least one is needed" : "";
  });
}

void add_settings(base::Settings& settings, const std::string& table, mq::net::HttpServerOptions& options,
                  const ServiceConfig& service) {
  settings.add(table + ".ip", options.ip, "address of the " + table + " listener");
  settings.add(table + ".port", options.port, "port of the " + table + " listener; 0 takes a free one");
  settings.add(table + ".body_max", options.body_max, "largest request body", base::Settings::Kind::size);
  settings.add(table + ".connections_max", options.connections_max, "connections at the same time");
  settings.check([table, &options, &service] { return check_address(table + ".ip", options.ip, service); });
}

}  // namespace chassis
