#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <list>

#include "mq/base/aio/with_deadline.hpp"

namespace mq::client {

// Lets coroutines sleep until something they look at may have changed. Use in a loop that looks
// again: `while (!ready()) co_await changed.wait(deadline);`
//
// Thread rule: one thread, so nothing can change between the look and the wait.
class Wakeup {
 public:
  Wakeup() = default;
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  // Wakes everybody who waits now.
  void notify() {
    for (auto* timer : waiting_) timer->cancel();
  }

  // Until notify() or `until`, whichever comes first. Throws operation_aborted when cancelled.
  boost::asio::awaitable<void> wait(base::Deadline until = base::Deadline::max()) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, until);
    const Entry entry(waiting_, timer);
    boost::system::error_code woken;
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
      throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
  }

 private:
  using Waiting = std::list<boost::asio::steady_timer*>;
  class Entry {
   public:
    Entry(Waiting& waiting, boost::asio::steady_timer& timer)
        : waiting_(waiting), at_(waiting.insert(waiting.end(), &timer)) {}
    ~Entry() { waiting_.erase(at_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    Waiting& waiting_;
    Waiting::iterator at_;
  };

  Waiting waiting_;
};

}  // namespace mq::client
