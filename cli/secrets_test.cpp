#include "cli/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <fstream>

#include "cli/keys.hpp"
#include "cli/scratch_folder_testing.hpp"

namespace cli {
namespace {
namespace fs = std::filesystem;
constexpr auto kOwnerOnly = fs::perms::owner_read | fs::perms::owner_write;

TEST(Secrets, APasswordIsMadeOnceAndKept) {
  const ScratchFolder folder;
  const auto first = password_for("order_service", folder / "a.pgpass");
  EXPECT_EQ(first.size(), 40U);
  EXPECT_EQ(password_for("order_service", folder / "a.pgpass"), first);
  EXPECT_EQ(read_file(folder / "a.pgpass"), "*:*:*:order_service:" + first + "\n");
  EXPECT_EQ(fs::status(folder / "a.pgpass").permissions(), kOwnerOnly);
}

TEST(Secrets, TwoPasswordsDiffer) { EXPECT_NE(random_password(), random_password()); }

TEST(Secrets, ABrokenOrForeignFileIsMadeAnew) {
  const ScratchFolder folder;
  for (const auto* text : {"", "half", "*:*:*:other:secret\n", "*:*:*:order_service:cut"}) {
    std::ofstream(folder / "a.pgpass") << text;
    EXPECT_EQ(password_for("order_service", folder / "a.pgpass").size(), 40U) << text;
  }
}

TEST(Secrets, AFileThatCannotBeWrittenIsNamed) {
  const ScratchFolder folder;
  EXPECT_THROW(write_private_file(folder.path() / "missing" / "a", "x"), std::runtime_error);
}

TEST(Secrets, AFileThatDoesNotFitIsRefusedWithTheReason) {
  const ScratchFolder folder;
  write_private_file(folder / "a", "first");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit four{4, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &four);  // half of it is written, without an error
  std::string sentence;
  try {
    write_private_file(folder / "a", "second");
  } catch (const std::runtime_error& error) {
    sentence = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, old_handler);
  EXPECT_THAT(sentence, testing::EndsWith("No space left on device"));
  EXPECT_EQ(read_file(folder / "a"), "first");
}

TEST(Secrets, KeysAreMadeOnceAndPrivate) {
  const ScratchFolder folder;
  make_keys(folder.path());
  const auto files = key_files(folder.path());
  const auto key = read_file(files.merchant);
  EXPECT_TRUE(key.starts_with("-----BEGIN PRIVATE KEY-----"));
  EXPECT_TRUE(read_file(files.gateway_public).starts_with("-----BEGIN PUBLIC KEY-----"));
  EXPECT_EQ(fs::status(files.gateway).permissions(), kOwnerOnly);
  make_keys(folder.path());
  EXPECT_EQ(read_file(files.merchant), key);
}

}  // namespace
}  // namespace cli
