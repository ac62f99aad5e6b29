#include "cli/queue_view.hpp"

#include <algorithm>
#include <array>

namespace cli {
namespace asio = boost::asio;

namespace {
using mq::client::Admin;
using mq::client::AdminError;

// A broker answers with an error when a group has no offsets or no members, and with no single code.
asio::awaitable<std::vector<mq::client::QueueLag>> queues_of(Admin& admin, std::string group) {
  try {
    co_return co_await admin.group_lag(std::move(group));
  } catch (const AdminError& error) {
    if (error.code() == mq::client::kNoAnswer) throw;
  }
  co_return std::vector<mq::client::QueueLag>{};
}

asio::awaitable<std::vector<std::string>> members_of(Admin& admin, std::string group) {
  try {
    co_return co_await admin.group_members(std::move(group));
  } catch (const AdminError& error) {
    if (error.code() == mq::client::kNoAnswer) throw;
  }
  co_return std::vector<std::string>{};
}
}  // namespace

std::int64_t GroupView::lag() const {
  std::int64_t sum = 0;
  for (const auto& queue : queues) sum += std::max<std::int64_t>(0, queue.lag());
  return sum;
}

asio::awaitable<std::vector<GroupView>> view_groups(Admin& admin) {
  std::vector<GroupView> views;
  for (const auto& group : co_await admin.groups()) {
    GroupView view;
    view.group = group;
    view.queues = co_await queues_of(admin, group);
    view.members = co_await members_of(admin, group);
    if (!view.queues.empty() || !view.members.empty()) views.push_back(std::move(view));
  }
  co_return views;
}

bool is_internal_topic(const std::string& topic) {
  static constexpr std::array<std::string_view, 5> kNames{"TBW102", "SELF_TEST_TOPIC", "OFFSET_MOVED_EVENT",
                                                          "BenchmarkTest", "DefaultCluster"};
  static constexpr std::array<std::string_view, 7> kStarts{
      "%RETRY%", "%DLQ%", "RMQ_SYS", "rmq_sys_", "SCHEDULE_TOPIC", "DefaultCluster_", "broker-"};
  return std::ranges::any_of(kNames, [&](auto name) { return topic == name; }) ||
         std::ranges::any_of(kStarts, [&](auto start) { return topic.starts_with(start); });
}

}  // namespace cli
