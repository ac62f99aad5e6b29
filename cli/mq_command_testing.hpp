#pragma once
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/child.hpp"
#include "cli/identity.hpp"
#include "cli/run_coroutine.hpp"
#include "cli/scratch_folder_testing.hpp"
#include "cli/secrets.hpp"
#include "mq/client/admin.hpp"
#include "mq/client/client.hpp"
#include "mq/client/producer.hpp"

namespace cli {

// `sluice mq` as a person uses it: the built program against a real sluice-mq, without an order system.
class MqCommand : public testing::Test {
 protected:
  void SetUp() override {
    Command broker;
    broker.program = std::filesystem::path(SLUICE_BIN) / "sluice-mq";
    broker.arguments = {"--ephemeral", "--port", "0", "--ready-json", (folder_ / "ready").string()};
    broker.errors = folder_ / "said";
    broker_ = identify(spawn(broker));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!std::filesystem::exists(folder_ / "ready")) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << read_file(folder_ / "said");
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    name_server_ = boost::json::parse(read_file(folder_ / "ready")).at("namesrv").as_string().c_str();
  }
  void TearDown() override {
    if (broker_) end_process(*broker_, SIGTERM, std::chrono::seconds(10));
  }

  // "exit code N" and what it said.
  std::string mq(std::vector<std::string> words) const {
    words.insert(words.begin(), "mq");
    words.insert(words.end(), {"--name-server", name_server_});
    Command command;
    command.program = std::filesystem::path(SLUICE_BIN) / "sluice";
    command.arguments = std::move(words);
    const auto finished = run_to_end(command, std::chrono::seconds(30));
    return describe_end(finished.wait_status) + "\n" + finished.output;
  }
  boost::json::value json(std::vector<std::string> words) const {
    words.emplace_back("--json");
    const auto said = mq(std::move(words));
    const auto line = said.find('\n') + 1;
    boost::system::error_code failed;
    auto value = boost::json::parse(said.substr(line), failed);
    EXPECT_FALSE(failed) << said;
    return value;
  }
  using Use = std::function<boost::asio::awaitable<void>(mq::client::Client&)>;
  void use(Use use) const {
    boost::asio::io_context context(1);
    const auto body = [&]() -> boost::asio::awaitable<int> {
      mq::client::ClientOptions options;
      options.name_servers = {name_server_};
      mq::client::Client client(context.get_executor(), options);
      co_await use(client);
      co_await client.stop();
      co_return 0;
    };
    run_coroutine(context, body());
  }
  void send(std::vector<mq::Message> messages) const {
    use([&](mq::client::Client& client) -> boost::asio::awaitable<void> {
      mq::client::Producer producer(client, {});
      for (auto& message : messages) (void)co_await producer.send(message);
      co_await producer.stop();
    });
  }
  static mq::Message message(std::string topic, std::string body, std::string keys = "",
                             std::map<std::string, std::string> properties = {}) {
    return {std::move(topic), "tag", std::move(keys), std::move(body), std::move(properties), 0};
  }
  // Group g has consumed this much of topic T's first queue.
  void commit(std::int64_t offset) const {
    use([&](mq::client::Client& client) -> boost::asio::awaitable<void> {
      mq::client::Admin admin(client);
      co_await admin.commit_offset("g", {"T", "broker-a", 0}, offset);
    });
  }

  ScratchFolder folder_;
  std::optional<Identity> broker_;
  std::string name_server_;
};

}  // namespace cli
