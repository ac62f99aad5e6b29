#include "cli/preflight.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fstream>

#include "cli/identity.hpp"
#include "cli/scratch_folder_testing.hpp"
#include "cli/secrets.hpp"

namespace cli {
namespace {
using boost::asio::ip::tcp;
using testing::AllOf;
using testing::HasSubstr;

template <class Call>
std::string sentence_of(Call call) {
  try {
    call();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

class Preflight : public testing::Test {
 protected:
  void SetUp() override { make_folders(layout_); }
  ScratchFolder folder_;
  Layout layout_{folder_.path()};
};

TEST_F(Preflight, ABusyPortIsNamedWithItsSetting) {
  boost::asio::io_context context;
  tcp::acceptor busy(context, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0));
  const auto port = busy.local_endpoint().port();
  const auto check = [&] { check_ports("127.0.0.1", {{"order API", "ports.order_api", port}}); };
  EXPECT_THAT(sentence_of(check), AllOf(HasSubstr(std::to_string(port)), HasSubstr("order API"),
                                        HasSubstr("--ports-order-api"), HasSubstr("ports.order_api")));
  busy.close();
  EXPECT_EQ(sentence_of(check), "");
}

TEST_F(Preflight, TheSecondSupervisorIsRefusedWithThePidOfTheFirst) {
  write_pid_file(layout_.pid_of("sluice"), {4711, 1});
  {
    const DirectoryLock first(layout_);
    EXPECT_THAT(sentence_of([&] { DirectoryLock second(layout_); }),
                AllOf(HasSubstr("in use"), HasSubstr("4711"), HasSubstr("sluice down")));
  }
  EXPECT_EQ(sentence_of([&] { DirectoryLock third(layout_); }), "");
}

TEST_F(Preflight, WhatAnEarlierRunLeftIsEnded) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  write_pid_file(layout_.pid_of("order-service"), *identify(child));
  std::vector<std::string> told;
  std::vector<std::string> names;
  // Its parent is alive here, so it stays a zombie until waited for; that counts as gone.
  clear_leftovers(layout_, [&](const std::string& name) { names.push_back(name); });
  EXPECT_THAT(names, testing::ElementsAre("order-service"));
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(std::filesystem::exists(layout_.pid_of("order-service")));
}

TEST_F(Preflight, AnotherProcessWithTheSamePidIsLeftAlone) {
  auto us = *identify(::getpid());
  us.started -= 1;
  write_pid_file(layout_.pid_of("order-service"), us);
  clear_leftovers(layout_, [](const std::string& name) { ADD_FAILURE() << name; });
  EXPECT_FALSE(std::filesystem::exists(layout_.pid_of("order-service")));
}

TEST_F(Preflight, ProgramsAreCopiedOnlyWhenTheyDiffer) {
  const auto from = folder_ / "built";
  std::filesystem::create_directories(from);
  std::ofstream(from / "sluice-mq") << "one";
  copy_programs({"sluice-mq"}, from, layout_.bin());
  const auto copied = std::filesystem::last_write_time(layout_.bin() / "sluice-mq");
  EXPECT_EQ(copied, std::filesystem::last_write_time(from / "sluice-mq"));
  std::ofstream(from / "sluice-mq") << "three";
  copy_programs({"sluice-mq"}, from, layout_.bin());
  EXPECT_EQ(read_file(layout_.bin() / "sluice-mq"), "three");
  EXPECT_THAT(sentence_of([&] { copy_programs({"absent"}, from, layout_.bin()); }),
              AllOf(HasSubstr("absent"), HasSubstr("./run")));
}

}  // namespace
}  // namespace cli
