#include "bench/callback/drive.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>

#include "mq/base/aio/task_group.hpp"
#include "mq/base/aio/with_deadline.hpp"

namespace bench {
namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{20};

std::int64_t wall_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

asio::awaitable<void> post(mq::net::HttpClient& http, const std::string& url, const Callback& callback,
                           Steady::time_point intended, Answers& answers) {
  mq::net::HttpHeaders headers{{"content-type", "application/x-www-form-urlencoded;charset=utf-8"}};
  bool taken = false;
  try {
    const auto answer =
        co_await http.send("POST", url, std::move(headers), callback.body, base::deadline_in(kPatience));
    taken = answer.status == 200 && answer.body == "success";
  } catch (const boost::system::system_error&) {
    taken = false;  // like every other answer that is not the word
  }
  if (!taken) {
    ++answers.failed;
    co_return;
  }
  answers.latency.add((Steady::now() - intended).count());
  answers.answered_us[callback.order_no] = wall_us();
}

}  // namespace

asio::awaitable<Answers> drive(mq::net::HttpClient& http, std::string url, std::vector<Callback> callbacks,
                               int per_second) {
  const auto executor = co_await asio::this_coro::executor;
  Answers answers;
  base::TaskGroup posts(executor);
  asio::steady_timer timer(executor);
  const auto began = Steady::now();
  for (const auto& callback : callbacks) {
    const auto intended =
        began + std::chrono::nanoseconds(std::int64_t{answers.asked} * 1'000'000'000 / per_second);
    ++answers.asked;
    timer.expires_at(intended);
    co_await timer.async_wait(asio::use_awaitable);
    posts.spawn("callback", post(http, url, callback, intended, answers));
  }
  while (!posts.empty()) co_await base::sleep_for(std::chrono::milliseconds(1));
  answers.seconds = std::chrono::duration<double>(Steady::now() - began).count();
  co_return answers;
}

}  // namespace bench
