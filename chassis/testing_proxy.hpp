#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace chassis::testing {

// A TCP proxy before PostgreSQL that can cut the link at COMMIT: the client sees the same broken
// connection whether the server committed or not. It can also have the COMMIT cancelled, on a link
// that stays whole.
class CuttingProxy {
 public:
  enum class Cut {
    none,
    before,  // COMMIT never reaches the server, which sees the connection end
    after,   // the server commits, its answer is lost
    late,    // the client is cut at once, the server gets COMMIT half a second later: a zombie
    never,   // the client is cut, the server waits for COMMIT until its own limit ends the session
    hang,    // the server commits, the client hears nothing and the connection stays open
    cancel,  // the server says 57014 before COMMIT begins, and its transaction is still open
  };

  explicit CuttingProxy(const std::string& dsn);  // of the real server
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  // The same database by way of the proxy.
  [[nodiscard]] std::string dsn() const;

  void cut_next_commits(Cut how, int times = 1);
  void refuse_connections(bool refuse) { refusing_ = refuse; }

 private:
  void accept_loop();
  void session(int client);
  void forward(int client, int server);
  // True when the session is over.
  bool at_commit(Cut how, int client, int server, std::string_view bytes);
  Cut take_cut();
  [[nodiscard]] int connect_upstream() const;

  std::string dsn_, host_, port_;
  int listener_ = -1;
  std::uint16_t own_port_ = 0;
  std::atomic<bool> stopping_ = false, refusing_ = false;
  std::mutex mutex_;
  Cut cut_ = Cut::none;
  int cuts_left_ = 0;
  std::vector<std::thread> sessions_;
  std::thread acceptor_;
};

}  // namespace chassis::testing
