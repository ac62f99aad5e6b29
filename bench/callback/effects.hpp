#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "bench/callback/drive.hpp"
#include "cli/run_state.hpp"
#include "mq/load/histogram.hpp"

namespace bench {
using mq::load::Histogram;

// When what follows from a payment happened, by order, in milliseconds since 1970. The witnesses are the
// queue (rewards that were committed and sent on) and the third parties' own ledgers.
class Effects {
 public:
  // `third_party_delay` is how long push provider and warehouse take until they write a call down.
  Effects(std::filesystem::path sandbox_folder, std::chrono::milliseconds third_party_delay)
      : folder_(std::move(sandbox_folder)), delay_(third_party_delay) {}

  // Reads until every answered order has all three, or nothing more comes.
  boost::asio::awaitable<void> collect(cli::RunState state, const Answers& answers);

  struct Outcome {
    Histogram rewards, push, ship;  // from the answer to the callback
    int missing = 0;                // orders without one of them
  };
  [[nodiscard]] Outcome outcome(const Answers& answers) const;

 private:
  using Times = std::map<std::string, std::int64_t>;
  void read_ledgers(std::size_t order_no_size);

  std::filesystem::path folder_;
  std::chrono::milliseconds delay_;
  Times rewards_, pushes_, ships_;
};

}  // namespace bench
