#include "mq/broker/runtime_config.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mq::broker {
namespace {

class RuntimeConfigTest : public ::testing::Test {
 protected:
  RuntimeConfigTest() {
    config_.may_switch("autoCreateTopicEnable", [this](bool on) { on_ = on; });
    config_.may_set("transactionCheckMax", 0, 1000, [this](std::int64_t count) { count_ = count; });
  }
  RuntimeConfig config_{"autoCreateTopicEnable=true\nstorePathRootDir=/data\ntransactionCheckMax=15\n", 7};
  bool on_ = true;
  std::int64_t count_ = 15;
};

TEST_F(RuntimeConfigTest, AHarmlessChangeIsTakenAndShown) {
  EXPECT_EQ(config_.update("autoCreateTopicEnable=false\n# why\ntransactionCheckMax = 3\r\n").code, 0);
  EXPECT_FALSE(on_);
  EXPECT_EQ(count_, 3);
  EXPECT_EQ(config_.changes(), 1);
  EXPECT_EQ(config_.lines(), "autoCreateTopicEnable=false\nstorePathRootDir=/data\ntransactionCheckMax=3\n");
}

TEST_F(RuntimeConfigTest, PathsAndWhatIsFixedAreForbidden) {
  const auto refused = config_.update("storePathRootDir=/tmp/mine\n");
  EXPECT_EQ(refused.code, response_code::kNoPermission);
  EXPECT_NE(refused.remark.find("storePathRootDir"), std::string::npos);
  EXPECT_NE(config_.lines().find("storePathRootDir=/data"), std::string::npos);
}

TEST_F(RuntimeConfigTest, UnknownKeysAndNonsenseAreRefused) {
  for (const auto* lines : {"rocketmqHome=/x", "autoCreateTopicEnable=maybe", "transactionCheckMax=1001",
                            "transactionCheckMax=-1", "transactionCheckMax=3x",
                            "transactionCheckMax=", "no sense", "", "=", "AUTOCREATETOPICENABLE=false"}) {
    const auto refused = config_.update(lines);
    EXPECT_EQ(refused.code, response_code::kSystemError) << lines;
    EXPECT_FALSE(refused.remark.empty()) << lines;
  }
  EXPECT_TRUE(on_);
  EXPECT_EQ(count_, 15);
  EXPECT_EQ(config_.changes(), 0);
}

TEST_F(RuntimeConfigTest, OfSeveralChangesAllAreTakenOrNone) {
  EXPECT_NE(config_.update("transactionCheckMax=3\nstorePathRootDir=/x\n").code, 0);
  EXPECT_NE(config_.update("storePathRootDir=/x\ntransactionCheckMax=3\n").code, 0);
  EXPECT_NE(config_.update("autoCreateTopicEnable=false\ntransactionCheckMax=none\n").code, 0);
  EXPECT_TRUE(on_);
  EXPECT_EQ(count_, 15);
}

}  // namespace
}  // namespace mq::broker
