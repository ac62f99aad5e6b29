#include "mq/net/connect.hpp"

#include <gtest/gtest.h>

namespace mq::net {
namespace {

TEST(HostPort, TakesNamesAndBothKindsOfNumericAddress) {
  EXPECT_EQ(parse_host_port("10.0.0.5:10911")->host, "10.0.0.5");
  EXPECT_EQ(parse_host_port("10.0.0.5:10911")->port, 10911);
  EXPECT_EQ(parse_host_port("broker-a:80")->host, "broker-a");
  EXPECT_EQ(parse_host_port("[::1]:65535")->host, "::1");
  EXPECT_EQ(parse_host_port("[::1]:65535")->port, 65535);
}

TEST(HostPort, RefusesWhatHasNoUsablePort) {
  for (const char* text : {"", ":", "host", "host:", ":80", "host:0", "host:65536", "host:-1", "host:80x",
                           "host: 80", "::1:80", "[]:80"}) {
    EXPECT_FALSE(parse_host_port(text)) << text;
  }
}

}  // namespace
}  // namespace mq::net
