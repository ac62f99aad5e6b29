#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/postgres_cluster.hpp"

namespace cli {
namespace {
using testing::HasSubstr;
using testing::Not;

TEST(PostgresConfiguration, IsDurableUnlessAskedOtherwise) {
  ClusterOptions options;
  EXPECT_THAT(cluster_configuration(options, ""), HasSubstr("fsync = on"));
  EXPECT_THAT(cluster_configuration(options, ""), Not(HasSubstr("= off\nfull_page_writes")));
  options.durability = ClusterOptions::Durability::unsafe_for_tests;
  EXPECT_THAT(cluster_configuration(options, ""), HasSubstr("fsync = off"));
}

TEST(PostgresConfiguration, IsReadyForLogicalDecodingFromTheFirstStart) {
  const auto text = cluster_configuration({}, "");
  EXPECT_THAT(text, HasSubstr("wal_level = 'logical'"));
  EXPECT_THAT(text, HasSubstr("max_slot_wal_keep_size = '1GB'"));
}

TEST(PostgresConfiguration, AFolderThatCannotBeWrittenThereHasNoSocket) {
  EXPECT_THAT(cluster_configuration({}, "/srv/my orders"),
              HasSubstr("unix_socket_directories = '/srv/my orders'\n"));
  for (const auto* folder : {"/srv/o'brien", "/srv/a,b", "/srv/a\\b", "/srv/\"a\""}) {
    EXPECT_THAT(cluster_configuration({}, folder), HasSubstr("unix_socket_directories = ''\n")) << folder;
  }
}

TEST(PostgresConfiguration, NobodyGetsInWithoutAPassword) {
  EXPECT_THAT(cluster_access_rules(), Not(HasSubstr("trust")));
  EXPECT_THAT(cluster_access_rules(), Not(HasSubstr("peer")));
  EXPECT_THAT(cluster_access_rules(), Not(HasSubstr("0.0.0.0")));
}

TEST(PostgresConfiguration, OnlyLoopbackAddressesCount) {
  for (const auto* good : {"127.0.0.1", "127.77.3.4", "127.255.255.254"})
    EXPECT_TRUE(is_loopback(good)) << good;
  for (const auto* bad : {"0.0.0.0", "10.0.0.1", "128.0.0.1", "localhost", "", "::1", "127.0.0", "*"}) {
    EXPECT_FALSE(is_loopback(bad)) << bad;
  }
}

}  // namespace
}  // namespace cli
