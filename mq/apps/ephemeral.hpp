#pragma once
#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <functional>

#include "mq/apps/broker_config.hpp"

namespace mq::apps {

// A data directory for one run: made in the folder for temporary files, gone when this dies. What runs
// that were killed have left there goes when the next one begins.
class EphemeralData {
 public:
  EphemeralData();  // Throws CannotStart.
  ~EphemeralData();
  EphemeralData(const EphemeralData&) = delete;
  EphemeralData& operator=(const EphemeralData&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Makes it a configuration of one run, with its data here.
  void serve(BrokerConfig& config) const;

 private:
  std::filesystem::path path_;
};

// Calls `orphaned` once when the process that started this one has ended. The kernel's own signal for that
// (PR_SET_PDEATHSIG) comes when the *thread* that started it ends, and test runners end threads all the time.
//
// Thread rule: the context's thread. Stops with the context.
class ParentWatch {
 public:
  ParentWatch(boost::asio::io_context& context, std::function<void()> orphaned);

 private:
  void look();

  boost::asio::steady_timer timer_;
  std::function<void()> orphaned_;
  pid_t parent_;
};

}  // namespace mq::apps
