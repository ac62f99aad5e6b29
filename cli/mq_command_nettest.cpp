// `sluice mq` as a person uses it: the built program against a real sluice-mq, without an order system.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <algorithm>
#include <sstream>
#include <thread>

#include "cli/mq_command_testing.hpp"

namespace cli {
namespace {
using namespace std::chrono_literals;
namespace asio = boost::asio;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(MqCommand, ATopicIsMadeShownAlteredAndDeleted) {
  EXPECT_THAT(mq({"topic", "create", "parcels", "--queues", "2"}),
              StartsWith("exit code 0\ncreated parcels"));
  EXPECT_THAT(mq({"topic", "create", "parcels"}), AllOf(StartsWith("exit code 1"), HasSubstr("topic alter")));
  EXPECT_THAT(mq({"topic", "alter", "parcels", "--permission", "r"}), StartsWith("exit code 0"));
  const auto shown = json({"topic", "show", "parcels"});
  EXPECT_EQ(shown.at("settings").at(0).at("permission"), "r");
  EXPECT_EQ(shown.at("settings").at(0).at("read_queues"), 2) << "altering keeps what is not said";
  EXPECT_THAT(mq({"topic", "alter", "parcels", "--queues", "1"}),
              HasSubstr("nothing was changed; say --yes"));
  EXPECT_THAT(mq({"topic", "delete", "parcels"}), AllOf(StartsWith("exit code 1"), HasSubstr("--yes")));
  EXPECT_THAT(mq({"topics"}), HasSubstr("parcels"));
  EXPECT_THAT(mq({"topic", "delete", "parcels", "--yes"}), StartsWith("exit code 0"));
  EXPECT_THAT(mq({"topics"}), Not(HasSubstr("parcels")));
  EXPECT_THAT(mq({"topic", "show", "parcels"}), StartsWith("exit code 1\nsluice: there is no topic parcels"));
}

TEST_F(MqCommand, AGroupIsMadeShownAndDeleted) {
  EXPECT_THAT(mq({"group", "create", "g", "--retries", "3"}), HasSubstr("3 retries, may consume"));
  EXPECT_THAT(mq({"group", "create", "g", "--disabled"}), HasSubstr("3 retries, may not consume"));
  EXPECT_THAT(mq({"group", "show", "g"}),
              AllOf(HasSubstr("may not consume"), HasSubstr("nobody consumes now")));
  EXPECT_THAT(mq({"group", "delete", "g"}), HasSubstr("nothing was changed"));
  EXPECT_THAT(mq({"group", "delete", "g", "--yes"}), StartsWith("exit code 0"));
  EXPECT_THAT(mq({"group", "show", "g"}), StartsWith("exit code 1\nsluice: there is no group g"));
}

TEST_F(MqCommand, LagIsToldInMessagesAndInTimeAndAResetShowsWhatItWillDo) {
  EXPECT_THAT(mq({"topic", "create", "T", "--queues", "1"}), StartsWith("exit code 0"));
  mq({"group", "create", "g"});
  for (int i = 0; i < 5; ++i) send({message("T", "x")});
  // The retry topic is what tells brokers that know the group.
  mq({"topic", "create", "%RETRY%g", "--queues", "1"});
  commit(4);
  const auto of_topic = [this] {
    for (const auto& row : json({"lag", "g"}).as_array()) {
      if (row.at("topic") == "T") return row;
    }
    return boost::json::value(boost::json::object{{"lag", -1}, {"waits_ms", -1}});
  };
  EXPECT_EQ(of_topic().at("lag"), 1);
  EXPECT_GE(of_topic().at("waits_ms").as_int64(), 0);

  const auto asked = mq({"reset", "g", "T", "--to-first"});
  EXPECT_THAT(asked, AllOf(StartsWith("exit code 1"), HasSubstr("4 come again"), HasSubstr("--yes")));
  EXPECT_EQ(of_topic().at("lag"), 1) << "nothing happened";
  EXPECT_THAT(mq({"reset", "g", "T", "--to-last", "--yes"}),
              AllOf(HasSubstr("1 are skipped"), HasSubstr("moved")));
  EXPECT_EQ(json({"reset", "g", "T", "--to-time", "1h", "--yes"}).at(0).at("after"), 0);
  EXPECT_THAT(mq({"reset", "g", "T"}), HasSubstr("say where to"));
  EXPECT_THAT(mq({"reset", "nobody", "T", "--to-first"}), HasSubstr("there is no group nobody"));
}

TEST_F(MqCommand, MessagesAreFoundByKeyIdAndTimeInEveryTopic) {
  send({message("A", "first", "key-1"), message("B", "second", "key-2"),
        message("B", std::string("\xff\x00", 2))});
  const auto found = json({"message", "key-2"});
  EXPECT_EQ(found.at("topic"), "B");
  const std::string unique = found.at("id").as_string().c_str();
  const std::string offset = found.at("offset_id").as_string().c_str();
  for (const auto& id : {unique, offset}) EXPECT_EQ(json({"message", id}).at("body"), "second") << id;
  EXPECT_THAT(mq({"message", "key-1", "--topic", "B"}),
              StartsWith("exit code 1\nsluice: there is no message"));
  EXPECT_THAT(mq({"message", "key-1"}), HasSubstr("\nfirst\n"));
  EXPECT_EQ(json({"messages", "B"}).as_array().size(), 2U);
  EXPECT_EQ(json({"messages", "B", "--limit", "1"}).at(0).at("body"), "second");
  EXPECT_EQ(json({"messages", "B"}).at(1).at("body_hex"), "ff00");
  EXPECT_TRUE(json({"messages", "B", "--until", "1m"}).as_array().empty());
  EXPECT_THAT(mq({"messages", "B", "--since", "soon"}), HasSubstr("\"soon\" is not a time"));
}

TEST_F(MqCommand, DeadLettersAreSentAgainOnceAndWhereTheyAreWanted) {
  mq({"group", "create", "g"});
  mq({"topic", "create", "%RETRY%g", "--queues", "1"});
  mq({"topic", "create", "%DLQ%g", "--queues", "1"});
  send({message("%DLQ%g", "one", "k1", {{"RETRY_TOPIC", "orders"}}),
        message("%DLQ%g", "two", "k2", {{"RETRY_TOPIC", "orders"}})});
  EXPECT_EQ(json({"dead-letters", "list"}).at(0).at("dead_letters"), 2);
  EXPECT_THAT(mq({"dead-letters", "show", "g"}),
              AllOf(HasSubstr("orders"), HasSubstr("k1"), HasSubstr("k2")));
  EXPECT_THAT(mq({"dead-letters", "redrive", "g"}), HasSubstr("nothing was changed"));
  EXPECT_THAT(mq({"dead-letters", "redrive", "g", "--limit", "1", "--yes"}), HasSubstr("sent 1 again"));
  EXPECT_THAT(mq({"dead-letters", "redrive", "g", "--yes"}), HasSubstr("sent 1 again"))
      << "goes on behind it";
  EXPECT_THAT(mq({"dead-letters", "redrive", "g", "--yes"}), HasSubstr("nothing is left"));
  EXPECT_EQ(json({"messages", "%RETRY%g"}).as_array().size(), 2U);
  EXPECT_EQ(json({"dead-letters", "redrive", "g", "--again", "--to-topic", "--yes"}).at("sent"), 2);
  EXPECT_EQ(json({"messages", "orders"}).as_array().size(), 2U);
  EXPECT_THAT(mq({"dead-letters", "show", "nobody"}), HasSubstr("group nobody has no dead letters"));
}

TEST_F(MqCommand, WhatIsDelayedIsListedInTheOrderInWhichItWillBeDue) {
  EXPECT_THAT(mq({"delayed"}), HasSubstr("nothing waits"));
  std::vector<mq::Message> later{message("T", "x", "second"), message("U", "x", "first")};
  mq::client::deliver_after_level(later[0], 18);
  mq::client::deliver_after_level(later[1], 17);
  send(later);
  const auto waiting = json({"delayed"});
  EXPECT_EQ(waiting.at("total"), 2);
  EXPECT_EQ(waiting.at("messages").at(0).at("keys"), "first");
  EXPECT_EQ(waiting.at("messages").at(1).at("topic"), "T");
  EXPECT_EQ(json({"delayed", "--limit", "1"}).at("messages").as_array().size(), 1U);
  EXPECT_EQ(json({"delayed", "--topic", "T"}).at("messages").as_array().size(), 1U);
  EXPECT_THAT(mq({"delayed"}), AllOf(HasSubstr("first"), HasSubstr("in ")));
}

TEST_F(MqCommand, HalfMessagesAreListedUntilTheyAreDecided) {
  EXPECT_THAT(mq({"half"}), HasSubstr("every half message is decided"));
  EXPECT_EQ(json({"half"}).at("total"), 0);
}

TEST_F(MqCommand, VerifyHandsOnTheVerdictOfTheQueueItself) {
  Command command;
  command.program = std::filesystem::path(SLUICE_BIN) / "sluice";
  command.arguments = {"mq", "verify", folder_.path().string()};
  const auto finished = run_to_end(command, 30s);
  EXPECT_EQ(describe_end(finished.wait_status), "exit code 2");
  EXPECT_THAT(finished.output, HasSubstr("there is no store in it"));
}

TEST_F(MqCommand, TablesFitAHundredColumns) {
  const std::string name(120, 'n');
  mq({"topic", "create", name, "--queues", "1"});
  send({message(name, "x", std::string(90, 'k'))});
  for (const auto& words :
       {std::vector<std::string>{"topics"}, {"messages", name}, {"topic", "show", name}}) {
    std::istringstream lines(mq(words));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 110U) << line;
  }
}

TEST_F(MqCommand, ABrokerThatIsAwayIsSaidAtOnce) {
  end_process(*broker_, SIGTERM, 10s);
  broker_.reset();
  EXPECT_THAT(mq({"topics"}), AllOf(StartsWith("exit code 1"), HasSubstr("no name server answers")));
}

}  // namespace
}  // namespace cli
