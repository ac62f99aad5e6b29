#include "chassis/startup.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <system_error>

#include "chassis/sql.hpp"

namespace chassis {
namespace asio = boost::asio;

std::string explain(const std::exception& failure) {
  std::string what = failure.what();
  // libpq's messages have several lines.
  while (!what.empty() && (what.back() == '\n' || what.back() == ' ')) what.pop_back();
  for (auto at = what.find('\n'); at != std::string::npos; at = what.find('\n', at))
    what.replace(at, 1, "; ");
  if (dynamic_cast<const DatabaseDown*>(&failure) != nullptr) {
    return "the database cannot be reached: " + what + " (is PostgreSQL running, and is database.dsn right?)";
  }
  if (const auto* sql = dynamic_cast<const SqlError*>(&failure)) {
    return "the database refused a statement: " + what + " (SQLSTATE " + sql->state() + ")";
  }
  if (const auto* system = dynamic_cast<const boost::system::system_error*>(&failure)) {
    if (system->code() == asio::error::timed_out) return what + " (a call it waited for took too long)";
  }
  return what;
}

std::string explain_listen(const std::string& listener, const std::string& ip, std::uint16_t port,
                           boost::system::error_code error) {
  const std::string where = ip + ":" + std::to_string(port);
  const std::string what = "the " + listener + " listener cannot take " + where + ": ";
  if (error == asio::error::address_in_use) {
    return what + "the port is in use; stop what holds it (ss -ltnp 'sport = :" + std::to_string(port) +
           "' shows it) or set " + listener + ".port to another one";
  }
  if (error == asio::error::access_denied) {
    return what + "ports below 1024 are for root; set " + listener + ".port to a higher one";
  }
  if (error == boost::system::errc::address_not_available) {
    return what + "this machine has no such address; set another one";
  }
  return what + error.message();
}

}  // namespace chassis
