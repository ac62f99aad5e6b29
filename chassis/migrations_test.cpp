#include "chassis/migrations.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace chassis {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct MigrationsTest : ::testing::Test {
  MigrationsTest() {
    std::string name = std::filesystem::temp_directory_path() / "migrations-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  ~MigrationsTest() override { std::filesystem::remove_all(folder); }

  void file(const std::string& name, const std::string& text = "SELECT 1;") {
    std::ofstream(folder / name) << text;
  }
  auto reading() {
    return [this] { (void)read_migrations(folder); };
  }
  std::filesystem::path folder;
};

TEST_F(MigrationsTest, AreReadInTheOrderOfTheirNumbers) {
  file("002_second.sql", "two");
  file("001_first.sql", "one");
  file("003_third.sql", "three");
  const auto migrations = read_migrations(folder);
  ASSERT_EQ(migrations.size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(migrations[static_cast<std::size_t>(i)].version, i + 1);
  EXPECT_EQ(migrations[1].name, "002_second.sql");
  EXPECT_EQ(migrations[1].sql, "two");
}

TEST_F(MigrationsTest, AnEmptyFolderHasNone) { EXPECT_TRUE(read_migrations(folder).empty()); }

TEST_F(MigrationsTest, AMissingNumberIsNamed) {
  file("001_first.sql");
  file("003_third.sql");
  EXPECT_THAT(reading(), ThrowsMessage<std::runtime_error>(HasSubstr("migration 2 of")));
}

TEST_F(MigrationsTest, TheFirstNumberIsOne) {
  file("000_zero.sql");
  EXPECT_THROW(reading()(), std::runtime_error);
}

TEST_F(MigrationsTest, ADoubledNumberIsNamed) {
  file("001_first.sql");
  file("001_other.sql");
  EXPECT_THAT(reading(), ThrowsMessage<std::runtime_error>(HasSubstr("001_other.sql")));
}

TEST_F(MigrationsTest, OtherNamesAreRefused) {
  for (const auto* name :
       {"1_first.sql", "001_first.txt", "001-first.sql", "README.md", "001_.sql", "a01_x.sql"}) {
    file(name);
    EXPECT_THAT(reading(), ThrowsMessage<std::runtime_error>(HasSubstr("NNN_what.sql"))) << name;
    std::filesystem::remove(folder / name);
  }
}

TEST_F(MigrationsTest, AFolderThatIsNotThereIsNamed) {
  EXPECT_THAT([this] { (void)read_migrations(folder / "none"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("none")));
}

TEST_F(MigrationsTest, TheChassisOwnOnesAreInOrder) {
  EXPECT_GE(read_migrations(built_in_migrations("chassis")).size(), 3U);
}

}  // namespace
}  // namespace chassis
