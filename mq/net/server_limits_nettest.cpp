#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "mq/net/server.hpp"
#include "mq/net/server_testing.hpp"

// The server under peers that take more than they should.
namespace mq::net {
namespace {

using namespace std::chrono_literals;
using testing::BlockingClient;
using testing::request_frame;
using testing::ServerTest;

constexpr std::size_t kMiB = std::size_t{1} << 20;

// Sends requests until the server stops taking them; returns how many bytes it took.
std::size_t flood(BlockingClient& client, const std::string& request, std::size_t bytes_max,
                  std::atomic<bool>& done) {
  std::size_t sent = 0;
  while (sent < bytes_max && !done && client.send(request)) sent += request.size();
  return sent;
}

class FloodTest : public ServerTest {
 protected:
  // A client on a thread of its own that sends and never reads, until it is let go.
  void begin_flood(std::size_t bytes_max) {
    reader_ = std::make_unique<BlockingClient>(port_);
    sender_ = std::jthread([this, bytes_max] {
      sent_ = flood(*reader_, request_frame(1, std::string(64 << 10, 'x')), bytes_max, done_);
      finished_ = true;
    });
  }
  // Until nothing more is taken for a while.
  void wait_until_stuck() {
    std::uint64_t last = 0;
    for (;;) {
      std::this_thread::sleep_for(200ms);
      const auto now = stats().bytes_in;
      if (now == last && now > 0) return;
      last = now;
    }
  }

  std::unique_ptr<BlockingClient> reader_;
  std::atomic<bool> done_{false};
  std::atomic<bool> finished_{false};
  std::atomic<std::size_t> sent_{0};
  std::jthread sender_;
};

TEST_F(FloodTest, AClientThatDoesNotReadIsNotReadAndCatchesUpLater) {
  start({.unsent_max = kMiB});
  const std::size_t total = 64 * kMiB;
  begin_flood(total);
  wait_until_stuck();
  EXPECT_LT(stats().buffered, 4 * kMiB);
  EXPECT_FALSE(finished_);
  BlockingClient other(port_);
  ASSERT_TRUE(other.send(request_frame(7, "not affected")));
  EXPECT_EQ(other.receive()->body, "not affected");

  std::size_t answers = 0;
  const auto frame = request_frame(1, std::string(64 << 10, 'x')).size();
  const std::size_t expected = (total + frame - 1) / frame;
  while (answers < expected && reader_->receive()) ++answers;
  EXPECT_EQ(answers, expected);
}

TEST_F(FloodTest, AClientThatNeverReadsIsClosed) {
  start({.unsent_max = kMiB, .slow_reader_max = 1s});
  begin_flood(1024 * kMiB);
  EXPECT_TRUE(eventually([&] { return closed_.size() == 1; }));
  sender_.join();
  EXPECT_LT(sent_, 1024 * kMiB);
  EXPECT_EQ(stats().buffered, 0u);
}

TEST_F(FloodTest, AboveMemoryMaxNothingIsReadAndNobodyAdmittedUntilItIsBack) {
  start({.unsent_max = 8 * kMiB, .slow_reader_max = 2s, .memory_max = 4 * kMiB});
  BlockingClient other(port_);
  ASSERT_TRUE(other.send(request_frame(1, "before")));
  EXPECT_EQ(other.receive()->body, "before");
  begin_flood(1024 * kMiB);
  wait_until_stuck();
  EXPECT_LT(stats().buffered, 12 * kMiB);
  BlockingClient refused(port_);
  EXPECT_TRUE(refused.is_closed());
  EXPECT_GE(stats().refused, 1u);
  ASSERT_TRUE(other.send(request_frame(2, "meanwhile")));
  EXPECT_EQ(other.receive()->body, "meanwhile") << "read again once the flood is closed";
}

// Answers that were waiting already cannot be held back by not reading: the connection goes.
TEST_F(ServerTest, AnswersFarAboveTheLimitEndTheConnection) {
  std::vector<Reply> waiting;
  on_request = [&](const protocol::CommandView&, const Peer&, const Reply& reply) {
    waiting.push_back(reply);
  };
  start({.unsent_max = kMiB});
  BlockingClient client(port_);
  std::string burst;
  for (int i = 0; i < 100; ++i) burst += request_frame(i, "");
  ASSERT_TRUE(client.send(burst));
  ASSERT_TRUE(eventually([&] { return waiting.size() == 100; }));
  const base::Bytes large(kMiB);
  for (const auto& reply : waiting) {
    on_loop([&] {
      protocol::ResponseView response;
      response.body = large;
      reply(response);
      return true;
    });
  }
  EXPECT_TRUE(eventually([&] { return closed_.size() == 1; }));
  EXPECT_EQ(stats().buffered, 0u);
}

TEST_F(ServerTest, ADeclaredFrameCostsNoMemoryBeforeItComes) {
  start();
  std::list<BlockingClient> clients;
  std::array<std::byte, 8> prefix;
  base::store_big(prefix.data(), std::uint32_t{16'000'000});
  base::store_big(prefix.data() + 4, std::uint32_t{100});
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back(port_);
    ASSERT_TRUE(clients.back().send(base::text_of(prefix)));
  }
  ASSERT_TRUE(eventually([&] { return server_->stats().bytes_in == 800; }));
  EXPECT_LT(stats().buffered, kMiB);
}

TEST_F(ServerTest, SilentConnectionsAreClosedAndBusyOnesAreNot) {
  start({.idle_max = 2s});
  BlockingClient silent(port_);
  BlockingClient half(port_);
  BlockingClient busy(port_);
  ASSERT_TRUE(half.send(request_frame(1, "x").substr(0, 10)));
  const auto until = std::chrono::steady_clock::now() + 4s;
  while (std::chrono::steady_clock::now() < until) {
    ASSERT_TRUE(busy.send(request_frame(1, "busy")));
    ASSERT_TRUE(busy.receive());
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_TRUE(silent.is_closed());
  EXPECT_TRUE(half.is_closed());
  EXPECT_EQ(stats().connections, 1u);
}

TEST_F(ServerTest, ConnectionsBeyondTheLimitAreClosedAndCounted) {
  start({.connections_max = 2});
  BlockingClient first(port_);
  auto second = std::make_unique<BlockingClient>(port_);
  ASSERT_TRUE(first.send(request_frame(1, "")) && second->send(request_frame(2, "")));
  ASSERT_TRUE(first.receive() && second->receive());
  BlockingClient third(port_);
  EXPECT_TRUE(third.is_closed());
  EXPECT_EQ(stats().refused, 1u);
  second.reset();
  ASSERT_TRUE(eventually([&] { return server_->stats().connections == 1; }));
  BlockingClient fourth(port_);
  ASSERT_TRUE(fourth.send(request_frame(4, "room again")));
  EXPECT_EQ(fourth.receive()->body, "room again");
}

// UBSan looks through a pipe at an object of a type that it has not met, and takes it for damaged when there
// is no descriptor for one. So its pipes are made in advance, with numbers so high that
// those which it closes are of no use to the server.
constexpr int kHighNumber = 512;
std::mutex pipes_mutex;
std::vector<std::array<int, 2>> pipes_left;

struct SparePipes {
  SparePipes() {
    const std::scoped_lock lock(pipes_mutex);
    pipes_left.resize(64);
    for (auto& ends : pipes_left) {
      EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
      for (int& end : ends) ::close(std::exchange(end, ::fcntl(end, F_DUPFD_CLOEXEC, kHighNumber)));
    }
  }
  ~SparePipes() {
    const std::scoped_lock lock(pipes_mutex);
    for (const auto& ends : pipes_left) {
      ::close(ends[0]);
      ::close(ends[1]);
    }
    pipes_left.clear();
  }
  SparePipes(const SparePipes&) = delete;
  SparePipes& operator=(const SparePipes&) = delete;
};

// Without descriptors the server must neither spin nor forget the connection that waits.
TEST_F(ServerTest, OutOfDescriptorsAcceptingPausesAndGoesOn) {
  start();
  BlockingClient early(port_);
  ASSERT_TRUE(early.send(request_frame(1, "")));
  ASSERT_TRUE(early.receive());
  const SparePipes spare_pipes;
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  boost::asio::io_context own;
  boost::asio::ip::tcp::socket waiting(own, boost::asio::ip::tcp::v4());
  const int next = ::dup(0);
  ::close(next);
  const rlimit none{static_cast<rlim_t>(next), before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  waiting.connect({boost::asio::ip::address_v4::loopback(), port_});
  std::this_thread::sleep_for(350ms);
  ASSERT_TRUE(early.send(request_frame(2, "still served")));
  EXPECT_EQ(early.receive()->body, "still served");
  EXPECT_EQ(stats().connections, 1u);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(eventually([&] { return server_->stats().connections == 2; }));
}

}  // namespace
}  // namespace mq::net

// In place of libc's, which the sanitizer calls.
extern "C" int pipe(int ends[2]) {
  if (::pipe2(ends, 0) == 0) return 0;
  const std::scoped_lock lock(mq::net::pipes_mutex);
  if (mq::net::pipes_left.empty()) return -1;
  std::ranges::copy(mq::net::pipes_left.back(), ends);
  mq::net::pipes_left.pop_back();
  return 0;
}
