#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "cli/child.hpp"
#include "cli/identity.hpp"

namespace cli {

// One child of the supervisor through its lives: started, ready, dead, started again, stopped.
//
// Thread rule: the executor's one thread, which must also be the thread that lives longest: the kernel
// takes a parent for dead when the thread that started the child ends.
class ChildProcess {
 public:
  struct Spec {
    std::string name;
    std::function<Command()> command;  // asked at every start
    // Looks whether it is ready, cheaply. Empty: it is when it has printed a JSON line with "ready".
    std::function<bool()> ready;
    int stop_signal = 15;
    std::filesystem::path output;  // standard output, from the beginning at every start
    std::filesystem::path pid_file;
    std::chrono::milliseconds ready_limit{60'000};
  };
  enum class Started { ready, died, too_slow };

  ChildProcess(boost::asio::any_io_executor executor, Spec spec);

  [[nodiscard]] const std::string& name() const { return spec_.name; }
  [[nodiscard]] const std::optional<Identity>& identity() const { return identity_; }
  // What it printed when it became ready.
  [[nodiscard]] const boost::json::object& ready_line() const { return ready_line_; }
  // How it ended last, in words.
  [[nodiscard]] const std::string& last_end() const { return last_end_; }

  // Starts it and waits until it is ready. One that is too slow is killed. Throws when it cannot be started.
  boost::asio::awaitable<Started> start();
  // Returns when it has died.
  boost::asio::awaitable<void> ended();
  // True when it went by itself within `grace`; otherwise it was killed. Its children go with it.
  boost::asio::awaitable<bool> stop(std::chrono::milliseconds grace);

 private:
  bool reap();  // true when it is dead now
  bool look_ready();

  boost::asio::any_io_executor executor_;
  Spec spec_;
  std::optional<Identity> identity_;  // while it lives
  boost::json::object ready_line_;
  std::string last_end_;
};

// The object in the first whole line of `text` that is JSON and has a "ready"; nothing before it is there.
std::optional<boost::json::object> find_ready_line(const std::string& text);

}  // namespace cli
