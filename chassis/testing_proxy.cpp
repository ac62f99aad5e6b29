#include "chassis/testing_proxy.hpp"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace chassis::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto kLate = 500ms;
constexpr int kTick = 20;  // ms between looks at stopping_

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool readable(int socket) {
  pollfd one{socket, POLLIN, 0};
  return ::poll(&one, 1, kTick) > 0;
}

void swallow_answer(int server) {
  std::array<char, 4096> buffer;
  [[maybe_unused]] const auto got = ::recv(server, buffer.data(), buffer.size(), 0);
}

// In COMMIT's place: what a statement_timeout or a cancel request does that strikes just before COMMIT
// begins. The error fails the transaction and does not end it.
std::string cancelled_query() {
  const std::string sql = "DO $$ BEGIN RAISE EXCEPTION 'cancelled' USING ERRCODE = '57014'; END $$";
  const auto length = static_cast<char>(4 + sql.size() + 1);  // itself and the final NUL
  return std::string("Q\0\0\0", 4) + length + sql + '\0';
}

// A simple query that says COMMIT.
bool is_commit(std::string_view bytes) {
  return bytes.starts_with('Q') && bytes.substr(0, 32).find("COMMIT") != std::string_view::npos;
}

}  // namespace

CuttingProxy::CuttingProxy(const std::string& dsn) : dsn_(dsn), host_("127.0.0.1"), port_("5432") {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(dsn.c_str(), nullptr), &PQconninfoFree);
  if (!parsed) throw std::runtime_error("not a libpq connection string: " + dsn);
  for (const auto* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    if (std::string_view(option->keyword) == "host") host_ = option->val;
    if (std::string_view(option->keyword) == "port") port_ = option->val;
  }
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 16) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  ::getsockname(listener_, generic, &length);
  own_port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

CuttingProxy::~CuttingProxy() {
  stopping_ = true;
  acceptor_.join();
  for (auto& session : sessions_) session.join();
  ::close(listener_);
}

std::string CuttingProxy::dsn() const {
  return dsn_ + " host=127.0.0.1 hostaddr=127.0.0.1 port=" + std::to_string(own_port_) +
         " sslmode=disable gssencmode=disable";
}

void CuttingProxy::cut_next_commits(Cut how, int times) {
  const std::lock_guard lock(mutex_);
  cut_ = how;
  cuts_left_ = times;
}

CuttingProxy::Cut CuttingProxy::take_cut() {
  const std::lock_guard lock(mutex_);
  if (cuts_left_ == 0) return Cut::none;
  --cuts_left_;
  return cut_;
}

void CuttingProxy::accept_loop() {
  while (!stopping_) {
    if (!readable(listener_)) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    if (refusing_) {
      ::close(client);
      continue;
    }
    sessions_.emplace_back([this, client] { session(client); });
  }
}

int CuttingProxy::connect_upstream() const {
  const auto port = static_cast<std::uint16_t>(std::stoi(port_));
  if (host_.starts_with('/')) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = host_ + "/.s.PGSQL." + port_;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? server : -1;
  }
  auto address = loopback(port);
  ::inet_pton(AF_INET, host_.c_str(), &address.sin_addr);
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? server : -1;
}

void CuttingProxy::session(int client) {
  const int server = connect_upstream();
  if (server >= 0) {
    forward(client, server);
    ::close(server);
  }
  ::close(client);
}

void CuttingProxy::forward(int client, int server) {
  std::array<char, 65536> buffer;
  while (!stopping_) {
    std::array<pollfd, 2> both{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    if (::poll(both.data(), both.size(), kTick) <= 0) continue;
    for (std::size_t side = 0; side < both.size(); ++side) {
      if (both[side].revents == 0) continue;
      const auto got = ::recv(both[side].fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
      const auto how = side == 0 && is_commit(bytes) ? take_cut() : Cut::none;
      if (how != Cut::none) {
        if (at_commit(how, client, server, bytes)) return;
      } else if (!send_all(both[1 - side].fd, bytes)) {
        return;
      }
    }
  }
}

bool CuttingProxy::at_commit(Cut how, int client, int server, std::string_view bytes) {
  if (how == Cut::cancel) return !send_all(server, cancelled_query());
  if (how == Cut::late || how == Cut::never) ::shutdown(client, SHUT_RDWR);
  if (how == Cut::late) std::this_thread::sleep_for(kLate);
  if (how != Cut::before && how != Cut::never) {
    send_all(server, bytes);
    swallow_answer(server);
  }
  if (how == Cut::never) {
    while (!stopping_ && !readable(server)) continue;
  }
  if (how == Cut::hang) {
    while (!stopping_ && !readable(client)) continue;
  }
  return true;
}

}  // namespace chassis::testing
