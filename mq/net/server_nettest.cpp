#include "mq/net/server.hpp"

#include <gmock/gmock.h>

#include <sys/resource.h>

#include <list>

#include "mq/net/server_testing.hpp"

namespace mq::net {
namespace {

using namespace std::chrono_literals;
using testing::BlockingClient;
using ::testing::ElementsAre;
using testing::request_frame;
using testing::ServerTest;

std::string length_prefix(std::uint32_t total, std::uint32_t mark) {
  std::array<std::byte, 8> bytes;
  base::store_big(bytes.data(), total);
  base::store_big(bytes.data() + 4, mark);
  return std::string(base::text_of(bytes));
}

TEST_F(ServerTest, PipelinedRequestsAreAllAnswered) {
  start();
  BlockingClient client(port_);
  std::string burst;
  for (int i = 0; i < 5000; ++i) burst += request_frame(i, "body " + std::to_string(i));
  ASSERT_TRUE(client.send(burst));
  for (int i = 0; i < 5000; ++i) {
    const auto answer = client.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->opaque, i);
    EXPECT_EQ(answer->body, "body " + std::to_string(i));
    EXPECT_TRUE(answer->is_response());
  }
  EXPECT_EQ(stats().requests, 5000u);
}

TEST_F(ServerTest, AFrameMayBeSplitAtEveryByte) {
  start();
  const auto two = request_frame(1, "first") + request_frame(2, "second");
  for (std::size_t cut = 1; cut < two.size(); ++cut) {
    SCOPED_TRACE(cut);
    BlockingClient client(port_);
    ASSERT_TRUE(client.send(two.substr(0, cut)));
    ASSERT_TRUE(
        eventually([&, expected = stats().bytes_in] { return server_->stats().bytes_in >= expected; }));
    ASSERT_TRUE(client.send(two.substr(cut)));
    EXPECT_EQ(client.receive()->body, "first");
    EXPECT_EQ(client.receive()->body, "second");
  }
}

TEST_F(ServerTest, AFrameMayComeByteByByte) {
  start();
  BlockingClient client(port_);
  for (const char c : request_frame(1, "slow") + request_frame(2, "again")) {
    ASSERT_TRUE(client.send(std::string_view(&c, 1)));
    std::this_thread::sleep_for(20us);
  }
  EXPECT_EQ(client.receive()->body, "slow");
  EXPECT_EQ(client.receive()->body, "again");
}

TEST_F(ServerTest, FramesOfEverySizeAroundTheReadBufferComeThrough) {
  start();
  BlockingClient client(port_);
  const std::size_t buffer = std::size_t{256} << 10;
  for (const std::size_t size :
       {buffer - 200, buffer - 1, buffer, buffer + 1, 3 * buffer, std::size_t{4} << 20}) {
    const std::string body(size, 'x');
    ASSERT_TRUE(client.send(request_frame(1, body) + request_frame(2, "after")));
    EXPECT_EQ(client.receive()->body.size(), size);
    EXPECT_EQ(client.receive()->body, "after");
  }
}

TEST_F(ServerTest, LengthsThatMakeNoSenseEndTheConnectionAtOnce) {
  start();
  const std::vector<std::string> bad{
      length_prefix(0xffffffff, 0),                // negative
      length_prefix(0x80000000, 0),                // the most negative
      length_prefix(0x7fffffff, 0),                // huge
      length_prefix(16'777'217, 10),               // one above the limit
      length_prefix(0, 0),                         // below the mark's own size
      length_prefix(3, 0),                         //
      length_prefix(100, 101),                     // header longer than the frame
      length_prefix(100, 0x00ffffff),              //
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",         // another protocol
      std::string("\x16\x03\x01\x02\x00\x01", 6),  // TLS
  };
  for (const auto& bytes : bad) {
    BlockingClient client(port_);
    client.send(bytes);
    EXPECT_TRUE(client.is_closed()) << ::testing::PrintToString(bytes);
  }
  EXPECT_EQ(stats().malformed, bad.size());
  BlockingClient healthy(port_);
  ASSERT_TRUE(healthy.send(request_frame(1, "still here")));
  EXPECT_EQ(healthy.receive()->body, "still here");
}

TEST_F(ServerTest, RequestsBeforeNonsenseAreStillHandled) {
  start();
  BlockingClient client(port_);
  client.send(request_frame(1, "good") + length_prefix(0xffffffff, 0));
  EXPECT_TRUE(eventually([&] { return server_->stats().malformed == 1; }));
  EXPECT_EQ(stats().requests, 1u);
}

TEST_F(ServerTest, AHeaderThatIsNoHeaderEndsTheConnection) {
  start();
  BlockingClient client(port_);
  client.send(length_prefix(4 + 5, 5) + "{bad}");
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(stats().malformed, 1u);
}

TEST_F(ServerTest, AOneWayRequestGetsNoAnswerEvenWhenOneIsGiven) {
  start();
  BlockingClient client(port_);
  ASSERT_TRUE(
      client.send(request_frame(1, "one-way", protocol::kOnewayFlag) + request_frame(2, "both ways")));
  EXPECT_EQ(client.receive()->opaque, 2);
  EXPECT_EQ(stats().requests, 2u);
}

TEST_F(ServerTest, ResponsesFromClientsAreIgnored) {
  start();
  BlockingClient client(port_);
  ASSERT_TRUE(client.send(request_frame(1, "answer", protocol::kResponseFlag) + request_frame(2, "request")));
  EXPECT_EQ(client.receive()->opaque, 2);
  EXPECT_EQ(stats().requests, 1u);
}

TEST_F(ServerTest, AHandlerThatThrowsAnswersCodeOneAndTheConnectionGoesOn) {
  on_request = [](const protocol::CommandView& request, const Peer&, const Reply& reply) {
    if (request.body.empty()) throw std::runtime_error("no body");
    echo(request, reply);
  };
  start();
  BlockingClient client(port_);
  ASSERT_TRUE(client.send(request_frame(1, "") + request_frame(2, "body")));
  const auto failed = client.receive();
  EXPECT_EQ(failed->code, 1);
  EXPECT_EQ(failed->remark, "no body");
  EXPECT_EQ(client.receive()->body, "body");
}

TEST_F(ServerTest, AnAnswerMayComeLaterAndInAnyOrder) {
  std::vector<Reply> waiting;
  on_request = [&](const protocol::CommandView&, const Peer&, const Reply& reply) {
    waiting.push_back(reply);
  };
  start();
  BlockingClient client(port_);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.send(request_frame(i, "")));
  ASSERT_TRUE(eventually([&] { return waiting.size() == 3; }));
  on_loop([&] {
    for (auto reply = waiting.rbegin(); reply != waiting.rend(); ++reply) (*reply)({});
    return true;
  });
  for (int i = 2; i >= 0; --i) EXPECT_EQ(client.receive()->opaque, i);
}

// A group commit answers from a work hook: it must leave in the same pass, without any further event.
TEST_F(ServerTest, WhatAWorkHookAnswersLeavesInTheSamePass) {
  std::vector<Reply> waiting;
  on_request = [&](const protocol::CommandView&, const Peer&, const Reply& reply) {
    waiting.push_back(reply);
  };
  start();
  on_loop([&] {
    on_loop_->add_hook([&] {
      for (const auto& reply : std::exchange(waiting, {})) reply({});
      return false;
    });
    return true;
  });
  BlockingClient client(port_);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(client.send(request_frame(i, "")));
    EXPECT_EQ(client.receive()->opaque, i);
  }
  stop();  // the hook looks at `waiting` in every pass
}

TEST_F(ServerTest, AnAnswerToAConnectionThatIsGoneIsSwallowed) {
  std::vector<Reply> waiting;
  on_request = [&](const protocol::CommandView&, const Peer&, const Reply& reply) {
    waiting.push_back(reply);
  };
  start();
  BlockingClient gone(port_);
  ASSERT_TRUE(gone.send(request_frame(1, "")));
  ASSERT_TRUE(eventually([&] { return waiting.size() == 1; }));
  gone.close();
  ASSERT_TRUE(eventually([&] { return closed_.size() == 1; }));
  BlockingClient next(port_);  // takes the slot that became free
  ASSERT_TRUE(next.send(request_frame(2, "")));
  ASSERT_TRUE(eventually([&] { return waiting.size() == 2; }));
  on_loop([&] {
    for (const auto& reply : waiting) reply({});
    return true;
  });
  EXPECT_EQ(next.receive()->opaque, 2);
}

TEST_F(ServerTest, ThePeerHasBothAddresses) {
  Peer seen;
  on_request = [&](const protocol::CommandView& request, const Peer& peer, const Reply& reply) {
    seen = peer;
    echo(request, reply);
  };
  start();
  BlockingClient client(port_);
  ASSERT_TRUE(client.send(request_frame(1, "")));
  ASSERT_TRUE(client.receive());
  EXPECT_EQ(stats().requests, 1u);
  EXPECT_THAT(seen.local.ip, ElementsAre(127, 0, 0, 1));
  EXPECT_EQ(seen.local.port, port_);
  EXPECT_THAT(seen.remote.ip, ElementsAre(127, 0, 0, 1));
  EXPECT_EQ(seen.remote.port, client.local().port());
}

TEST_F(ServerTest, EachEndIsToldOnceAndKeysAreNeverUsedAgain) {
  std::vector<ConnectionKey> opened;
  on_request = [&](const protocol::CommandView& request, const Peer& peer, const Reply& reply) {
    opened.push_back(peer.connection);
    echo(request, reply);
  };
  start();
  for (int i = 0; i < 50; ++i) {
    BlockingClient client(port_);
    ASSERT_TRUE(client.send(request_frame(i, "")));
    ASSERT_TRUE(client.receive());
  }
  ASSERT_TRUE(eventually([&] { return closed_.size() == 50; }));
  EXPECT_EQ(closed_, opened);
  std::ranges::sort(opened);
  EXPECT_EQ(std::ranges::adjacent_find(opened), opened.end());
  EXPECT_EQ(stats().connections, 0u);
}

TEST_F(ServerTest, AHandlerMayCloseItsOwnConnectionAfterAnswering) {
  on_request = [this](const protocol::CommandView& request, const Peer& peer, const Reply& reply) {
    echo(request, reply);
    server_->close(peer.connection);
    reply({});
  };
  start();
  BlockingClient client(port_);
  ASSERT_TRUE(client.send(request_frame(1, "last words") + request_frame(2, "not heard")));
  EXPECT_EQ(client.receive()->body, "last words");
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(stats().requests, 1u);
  EXPECT_TRUE(eventually([&] { return closed_.size() == 1; }));
}

TEST_F(ServerTest, AHandlerMayStopTheServer) {
  on_request = [this](const protocol::CommandView&, const Peer&, const Reply&) { server_->stop(); };
  start();
  BlockingClient other(port_);
  BlockingClient client(port_);
  std::string burst;
  for (int i = 0; i < 2000; ++i) burst += request_frame(i, "");
  client.send(burst);
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(other.is_closed());
  EXPECT_EQ(stats().requests, 1u);
  EXPECT_TRUE(closed_.empty());
}

TEST_F(ServerTest, TheServersOwnOneWayRequestsArrive) {
  ConnectionKey key;
  on_request = [&](const protocol::CommandView& request, const Peer& peer, const Reply& reply) {
    key = peer.connection;
    echo(request, reply);
  };
  start();
  BlockingClient client(port_);
  ASSERT_TRUE(client.send(request_frame(1, "")));
  ASSERT_TRUE(client.receive());
  on_loop([&] {
    protocol::Command notify;
    notify.code = 40;
    server_->send_oneway(key, notify);
    server_->send_oneway(ConnectionKey{12345}, notify);
    return true;
  });
  const auto heard = client.receive();
  EXPECT_EQ(heard->code, 40);
  EXPECT_TRUE(heard->is_oneway());
  EXPECT_FALSE(heard->is_response());
}

TEST_F(ServerTest, AThousandConnectionsAreServedTogether) {
  start();
  std::list<BlockingClient> clients;
  for (int i = 0; i < 1000; ++i) clients.emplace_back(port_);
  int sent = 0;
  for (auto& client : clients) {
    ASSERT_TRUE(client.send(request_frame(sent, std::to_string(sent))));
    ++sent;
  }
  int heard = 0;
  for (auto& client : clients) EXPECT_EQ(client.receive()->body, std::to_string(heard++));
  EXPECT_EQ(stats().connections, 1000u);
  clients.clear();
  EXPECT_TRUE(eventually([&] { return server_->stats().connections == 0 && closed_.size() == 1000; }));
  EXPECT_EQ(stats().buffered, 0u);
}

TEST_F(ServerTest, AfterStopAcceptingOldConnectionsGoOnAndNewOnesAreRefused) {
  start();
  BlockingClient old(port_);
  ASSERT_TRUE(old.send(request_frame(1, "")));
  ASSERT_TRUE(old.receive());
  on_loop([&] { return server_->stop_accepting(), true; });
  EXPECT_THROW(BlockingClient{port_}, boost::system::system_error);
  ASSERT_TRUE(old.send(request_frame(2, "old")));
  EXPECT_EQ(old.receive()->body, "old");
}

TEST_F(ServerTest, AnAddressInUseIsAnError) {
  start();
  EXPECT_THROW(on_loop([&] { return server_->listen("127.0.0.1", port_); }), boost::system::system_error);
  EXPECT_THROW(on_loop([&] { return server_->listen("not an ip", 0); }), boost::system::system_error);
}

TEST_F(ServerTest, TwoListenersServeOneSetOfConnections) {
  start();
  const auto second = on_loop([&] { return server_->listen("127.0.0.1", 0); });
  BlockingClient a(port_);
  BlockingClient b(second);
  ASSERT_TRUE(a.send(request_frame(1, "a")) && b.send(request_frame(2, "b")));
  EXPECT_EQ(a.receive()->body, "a");
  EXPECT_EQ(b.receive()->body, "b");
}

}  // namespace
}  // namespace mq::net
