#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

// For tests of this folder: sluice-mq as its users meet it.
namespace mq::apps::testing {

// A child with its output caught.
class Process {
 public:
  // sluice-mq, or another program.
  explicit Process(std::vector<std::string> arguments, std::string program = SLUICE_MQ_PROGRAM) {
    std::array<int, 2> out{}, err{};
    if (::pipe(out.data()) != 0 || ::pipe(err.data()) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], 1);
      ::dup2(err[1], 2);
      std::vector<char*> argv;
      argv.push_back(program.data());
      for (auto& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      ::execv(program.c_str(), argv.data());
      ::_exit(127);
    }
    ::close(out[1]);
    ::close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
    ::close(out_);
    ::close(err_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The first line of standard output; empty when the process ended without one.
  std::string first_line() {
    std::string line;
    for (char letter = 0; ::read(out_, &letter, 1) == 1 && letter != '\n';) line.push_back(letter);
    return line;
  }
  std::string errors() {
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t count = 0; (count = ::read(err_, part.data(), part.size())) > 0;) {
      text.append(part.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  void signal(int number) const { ::kill(pid_, number); }
  // The exit code; minus the signal's number when one ended it.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
};

inline std::uint16_t port_of(const std::string& line, const char* name) {
  const auto object = boost::json::parse(line).as_object();
  const std::string text(object.at(name).as_string());
  return static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
}

}  // namespace mq::apps::testing
