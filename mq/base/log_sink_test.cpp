#include "mq/base/log_sink.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "mq/base/log.hpp"

namespace base {
namespace {

class LogSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "log-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void log_to(const std::filesystem::path& file, std::size_t size_max = 1 << 20, std::size_t files_max = 4) {
    sink_->become({file, size_max, files_max}, make_log_formatter(LogForm::json, "demo"));
  }
  static std::string content(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
  }
  std::filesystem::path folder_;
  std::shared_ptr<LogSink> sink_ = std::make_shared<LogSink>();
  spdlog::logger logger_{"test", sink_};
};

TEST_F(LogSinkTest, LinesReachTheFileAtOnceAndFoldersAreMade) {
  log_to(folder_ / "a" / "b" / "demo.log");
  logger_.info("paid order_no={}", 42);
  EXPECT_NE(content(folder_ / "a/b/demo.log").find("\"order_no\":\"42\"}\n"), std::string::npos);
  EXPECT_EQ(sink_->diverted(), 0u);
}

TEST_F(LogSinkTest, ARestartAppends) {
  log_to(folder_ / "demo.log");
  logger_.info("first");
  log_to(folder_ / "demo.log");
  logger_.info("second");
  const auto text = content(folder_ / "demo.log");
  EXPECT_LT(text.find("first"), text.find("second"));
}

// No line is lost or torn over many rotations, and no more files stay than were allowed.
TEST_F(LogSinkTest, FilesAreRotatedAndTheirNumberIsBounded) {
  log_to(folder_ / "demo.log", 1000, 3);
  for (int i = 0; i < 100; ++i) logger_.info("line n={}", i);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    ++files;
    EXPECT_LE(entry.file_size(), 1000u);
    EXPECT_TRUE(content(entry.path()).ends_with("}\n"));
  }
  EXPECT_EQ(files, 3u);
  EXPECT_NE(content(folder_ / "demo.log").find("\"n\":\"99\""), std::string::npos);
  EXPECT_LT(content(folder_ / "demo.log.2").find("\"n\""), content(folder_ / "demo.log.2").size());
}

TEST_F(LogSinkTest, ALineLargerThanAFileGetsAFileOfItsOwn) {
  log_to(folder_ / "demo.log", 100, 2);
  logger_.info("{}", std::string(500, 'x'));
  EXPECT_GT(content(folder_ / "demo.log").size(), 500u);
}

TEST_F(LogSinkTest, AFullDiskSendsLinesToStandardError) {
  log_to("/dev/full");
  testing::internal::CaptureStderr();
  logger_.info("still here n={}", 1);
  logger_.info("still here n={}", 2);
  const auto text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("/dev/full cannot be written"), std::string::npos) << text;
  EXPECT_NE(text.find("\"n\":\"1\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"n\":\"2\""), std::string::npos) << text;
  EXPECT_EQ(sink_->diverted(), 2u);
}

TEST_F(LogSinkTest, AFileThatCannotBeOpenedSendsLinesToStandardError) {
  log_to("/proc/no/such.log");
  testing::internal::CaptureStderr();
  logger_.info("still here");
  const auto text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("cannot be opened"), std::string::npos) << text;
  EXPECT_NE(text.find("still here"), std::string::npos) << text;
}

TEST_F(LogSinkTest, ARotationThatCannotRenameKeepsWriting) {
  std::filesystem::create_directories(folder_ / "demo.log.1" / "in-the-way");
  log_to(folder_ / "demo.log", 200, 2);
  for (int i = 0; i < 10; ++i) logger_.info("line n={}", i);
  EXPECT_NE(content(folder_ / "demo.log").find("\"n\":\"9\""), std::string::npos);
  EXPECT_EQ(sink_->diverted(), 0u);
}

TEST_F(LogSinkTest, APipeWithoutAReaderDoesNotHang) {
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  log_to(pipe);
  testing::internal::CaptureStderr();
  logger_.info("still here");
  EXPECT_NE(testing::internal::GetCapturedStderr().find("still here"), std::string::npos);
}

// A size limit of the shell ends a process by SIGXFSZ, a closed standard error by SIGPIPE. Neither
// may happen to a service because of its log.
TEST_F(LogSinkTest, SignalsOfABrokenLogDoNotEndTheProcess) {
  const pid_t child = ::fork();
  if (child == 0) {
    LogOptions options;
    options.file = folder_ / "demo.log";
    start_logging("demo", options);
    const rlimit limit{400, 400};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int ends[2];
    if (::pipe(ends) != 0) ::_exit(3);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    for (int i = 0; i < 100; ++i) log("test")->info("line n={}", i);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto text = content(folder_ / "demo.log");
  EXPECT_LE(text.size(), 400u);
  EXPECT_TRUE(text.ends_with("\n")) << "the torn line was cut off";
}

// The negative control of the test above: without start_logging the same log does end the process.
TEST_F(LogSinkTest, WithoutThatTheySurelyWould) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGPIPE, SIG_DFL);
    int ends[2];
    if (::pipe(ends) != 0) ::_exit(3);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    log_to({});
    logger_.error("into the void");
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
}

}  // namespace
}  // namespace base
