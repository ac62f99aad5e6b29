// Requests of the server's own that clients answer.
#include <future>

#include "mq/net/server_testing.hpp"

namespace mq::net {
namespace {

using testing::BlockingClient;
using testing::request_frame;
using testing::ServerTest;

// What a call of the server's own came to: the answer's body, or "nothing".
struct ServerCallTest : ServerTest {
  std::future<std::string> call(ConnectionKey key, std::chrono::milliseconds limit) {
    auto said = std::make_shared<std::promise<std::string>>();
    auto future = said->get_future();
    on_loop([&] {
      protocol::Command question;
      question.code = 307;
      server_->call(key, question, limit, [said](const protocol::CommandView* answer) {
        said->set_value(answer == nullptr ? "nothing" : std::string(base::text_of(answer->body)));
      });
      return true;
    });
    return future;
  }
  ConnectionKey connect(BlockingClient& client) {
    ConnectionKey key;
    on_request = [&](const protocol::CommandView& request, const Peer& peer, const Reply& reply) {
      key = peer.connection;
      echo(request, reply);
    };
    EXPECT_TRUE(client.send(request_frame(1, "")));
    EXPECT_TRUE(client.receive());
    return key;
  }
};

TEST_F(ServerCallTest, AClientAnswersARequestOfTheServers) {
  start();
  BlockingClient client(port_);
  auto said = call(connect(client), std::chrono::seconds{20});
  const auto question = client.receive();
  ASSERT_TRUE(question);
  EXPECT_EQ(question->code, 307);
  EXPECT_FALSE(question->is_oneway());
  protocol::Command answer;
  answer.opaque = question->opaque;
  answer.flag = protocol::kResponseFlag;
  answer.body = "fine";
  const auto frame = testing::frame_of(answer);
  ASSERT_TRUE(client.send(frame + frame));  // the second one answers nothing
  EXPECT_EQ(said.get(), "fine");
}

TEST_F(ServerCallTest, ACallThatNobodyAnswersEnds) {
  start();
  BlockingClient client(port_);
  const auto key = connect(client);
  EXPECT_EQ(call(key, std::chrono::milliseconds{1}).get(), "nothing") << "too late";
  EXPECT_EQ(call(ConnectionKey{12345}, std::chrono::seconds{20}).get(), "nothing") << "not there";
  auto said = call(key, std::chrono::hours{1});
  client.close();
  EXPECT_EQ(said.get(), "nothing") << "gone";
}

}  // namespace
}  // namespace mq::net
