#include "sandbox/ledger.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <optional>

#include "chassis/testing_service.hpp"

namespace sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LedgerTest : public ::testing::Test {
 protected:
  void open() {
    seen_.clear();
    ledger_.reset();
    ledger_.emplace(file_, [this](const boost::json::object& entry) {
      seen_.push_back(entry.at("no").to_number<std::int64_t>());
    });
  }
  void append(std::int64_t no) { ledger_->append({{"no", no}, {"what", "茶 \n \"quoted\""}}); }
  [[nodiscard]] std::string content() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  void write(const std::string& text) const {
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << text;
  }

  chassis::testing::TestFolder folder_;
  std::filesystem::path file_ = folder_.path() / "party.jsonl";
  std::optional<Ledger> ledger_;
  std::vector<std::int64_t> seen_;
};

TEST_F(LedgerTest, WhatWasAppendedComesBackInOrder) {
  open();
  EXPECT_THAT(seen_, ElementsAre());
  for (int i = 1; i <= 3; ++i) append(i);
  open();
  EXPECT_THAT(seen_, ElementsAre(1, 2, 3));
  append(4);
  open();
  EXPECT_THAT(seen_, ElementsAre(1, 2, 3, 4));
}

// A crash may stop the last write after any byte.
TEST_F(LedgerTest, ATornLastLineIsCutOffAtEveryByte) {
  open();
  append(1);
  append(2);
  const auto whole = content();
  const auto first = whole.find('\n') + 1;
  for (std::size_t size = first; size < whole.size(); ++size) {
    write(whole.substr(0, size));
    open();
    EXPECT_THAT(seen_, ElementsAre(1)) << size;
    append(3);
    open();
    EXPECT_THAT(seen_, ElementsAre(1, 3)) << size;
  }
}

TEST_F(LedgerTest, ABrokenLineIsRefusedWithItsPlace) {
  for (const auto* line : {"{\"no\":2", "no JSON", "[2]", "3", ""}) {
    write("{\"no\":1}\n" + std::string(line) + "\n{\"no\":3}\n");
    try {
      open();
      ADD_FAILURE() << line;
    } catch (const std::runtime_error& e) {
      EXPECT_THAT(e.what(), HasSubstr(file_.string() + ":2: ")) << line;
    }
  }
}

TEST_F(LedgerTest, AFolderThatIsMissingIsNamed) {
  file_ = folder_.path() / "nowhere" / "party.jsonl";
  try {
    open();
    ADD_FAILURE();
  } catch (const std::system_error& e) {
    EXPECT_THAT(e.what(), HasSubstr(file_.string()));
  }
}

// The disk takes only a part of a line: it must not become the beginning of the next one.
TEST_F(LedgerTest, AfterHalfALineNothingIsAppendedUntilTheFileIsOpenedAgain) {
  open();
  append(1);
  const auto before = content().size();
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit full{before + 5, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  EXPECT_THROW(append(2), std::system_error);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  EXPECT_EQ(content().size(), before + 5) << "half a line is there, or this test shows nothing";
  EXPECT_THROW(append(3), std::system_error) << "although there is room again";
  open();
  EXPECT_THAT(seen_, ElementsAre(1));
  append(4);
  open();
  EXPECT_THAT(seen_, ElementsAre(1, 4));
}

}  // namespace
}  // namespace sandbox
