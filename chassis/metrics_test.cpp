#include "chassis/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chassis {
namespace {
using testing::HasSubstr;

TEST(MetricsTest, CountersAddUpByLabel) {
  Metrics metrics;
  metrics.count("orders_total", "Orders", {{"state", "paid"}});
  metrics.count("orders_total", "Orders", {{"state", "paid"}}, 2);
  metrics.count("orders_total", "Orders", {{"state", "closed"}});
  const auto text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# HELP orders_total Orders\n# TYPE orders_total counter\n"));
  EXPECT_THAT(text, HasSubstr("orders_total{state=\"paid\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("orders_total{state=\"closed\"} 1\n"));
}

TEST(MetricsTest, ACounterKeptElsewhereOnlyRises) {
  Metrics metrics;
  metrics.count_to("sent_total", "Sent", {}, 5);
  metrics.count_to("sent_total", "Sent", {}, 7);
  metrics.count_to("sent_total", "Sent", {}, 6);
  EXPECT_THAT(metrics.text(), HasSubstr("\nsent_total 7\n"));
}

TEST(MetricsTest, GaugesAreSet) {
  Metrics metrics;
  metrics.set("lag", "Lag", {}, 4);
  metrics.set("lag", "Lag", {}, -1.5);
  EXPECT_THAT(metrics.text(), HasSubstr("\nlag -1.5\n"));
}

TEST(MetricsTest, SecondsFallIntoBuckets) {
  Metrics metrics;
  metrics.observe_seconds("request_seconds", "Time", {{"route", "/orders/{order_no}"}}, 0.003);
  metrics.observe_seconds("request_seconds", "Time", {{"route", "/orders/{order_no}"}}, 60);
  const auto text = metrics.text();
  EXPECT_THAT(text, HasSubstr("request_seconds_bucket{route=\"/orders/{order_no}\",le=\"0.0025\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("request_seconds_bucket{route=\"/orders/{order_no}\",le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("request_seconds_bucket{route=\"/orders/{order_no}\",le=\"30\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("le=\"+Inf\"} 2\n"));
}

TEST(MetricsTest, LabelValuesAreEscaped) {
  Metrics metrics;
  metrics.count("odd_total", "Odd", {{"what", "a\"b\\c\nd"}});
  EXPECT_THAT(metrics.text(), HasSubstr("odd_total{what=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(MetricsTest, RefreshersRunAtEachScrapeUntilForgotten) {
  Metrics metrics;
  int scrapes = 0;
  metrics.on_scrape([&](Metrics& m) { m.set("scrapes", "Scrapes", {}, ++scrapes); });
  EXPECT_THAT(metrics.text(), HasSubstr("\nscrapes 1\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("\nscrapes 2\n"));
  metrics.forget();
  EXPECT_THAT(metrics.text(), HasSubstr("\nscrapes 2\n"));
}

}  // namespace
}  // namespace chassis
