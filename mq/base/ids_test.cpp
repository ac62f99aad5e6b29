#include "mq/base/ids.hpp"

#include <gtest/gtest.h>

#include <set>

namespace base {
namespace {

// RFC 9562 A.6: the example of a version 7 UUID, its time and its random bits.
TEST(IdsTest, UuidV7IsTheExampleOfTheRfc) {
  std::uint64_t draws[] = {0xCC3, (std::uint64_t{0x18C4DC0C0C07398F} << 2)};
  std::size_t drawn = 0;
  const RandomSource random = [&] { return draws[drawn++]; };
  EXPECT_EQ(uuid_v7(from_millis(0x017F22E279B0), random), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST(IdsTest, VersionAndVariantStandWhateverTheRandomBits) {
  for (const std::uint64_t bits : {std::uint64_t{0}, ~std::uint64_t{0}}) {
    const auto id = uuid_v7(from_millis(1), [bits] { return bits; });
    ASSERT_EQ(id.size(), 36u);
    EXPECT_EQ(id[14], '7');
    EXPECT_TRUE(id[19] == '8' || id[19] == '9' || id[19] == 'a' || id[19] == 'b') << id;
  }
}

TEST(IdsTest, UuidV7SortsByTime) {
  const auto random = system_random();
  std::string before;
  for (std::int64_t ms = 1; ms < (std::int64_t{1} << 47); ms *= 2) {
    const auto id = uuid_v7(from_millis(ms), random);
    EXPECT_LT(before, id);
    before = id;
  }
}

TEST(IdsTest, SystemRandomDoesNotRepeat) {
  const auto random = system_random();
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random());
  EXPECT_EQ(seen.size(), 1000u);
}

}  // namespace
}  // namespace base
