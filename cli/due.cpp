#include "cli/due.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace cli {
namespace json = boost::json;

Due parse_due(std::string_view process, std::string_view text) {
  boost::system::error_code error;
  const auto document = json::parse(text, error);
  const auto* object = error ? nullptr : document.if_object();
  const auto* idle = object == nullptr ? nullptr : object->if_contains("idle");
  if (idle == nullptr || !idle->is_bool()) {
    throw std::runtime_error(
        fmt::format("{} does not say whether it is idle: {}", process, text.substr(0, 200)));
  }
  Due due{idle->get_bool(), {}, {}};
  if (const auto* busy = object->if_contains("busy"); busy != nullptr && busy->is_array()) {
    for (const auto& reason : busy->get_array()) {
      if (reason.is_string()) due.busy.push_back(fmt::format("{}: {}", process, reason.get_string().c_str()));
    }
  }
  if (!due.idle && due.busy.empty()) due.busy.push_back(fmt::format("{}: busy", process));
  if (const auto* next = object->if_contains("next_due_ms"); next != nullptr && next->is_int64()) {
    due.next = base::from_millis(next->get_int64());
  }
  return due;
}

Due together(const std::vector<Due>& all) {
  Due whole{true, {}, {}};
  for (const auto& one : all) {
    whole.idle = whole.idle && one.idle;
    whole.busy.insert(whole.busy.end(), one.busy.begin(), one.busy.end());
    if (one.next && (!whole.next || *one.next < *whole.next)) whole.next = one.next;
  }
  return whole;
}

void TimeTravel::go_to(base::Time at) {
  const auto now = world_.now();
  if (at > now) world_.advance(at - now);
  if (world_.stopped_at) world_.stopped_at(at);
}

// Idle twice in a row, because work may have been on its way from one process to the next while they were
// asked one after the other; and whatever is due by now has to have happened.
boost::asio::awaitable<Due> TimeTravel::settle() {
  const auto deadline = base::deadline_in(patience_.settle);
  int idle_looks = 0;
  for (;;) {
    Due due = co_await world_.look();
    if (due.idle && due.next && *due.next <= world_.now()) {
      due.idle = false;
      due.busy.emplace_back("something is due and has not happened yet");
    }
    idle_looks = due.idle ? idle_looks + 1 : 0;
    if (idle_looks == 2) co_return due;
    if (std::chrono::steady_clock::now() >= deadline) {
      throw std::runtime_error(fmt::format("still busy after {} s: {}. The clock stays where it is",
                                           patience_.settle.count() / 1000, fmt::join(due.busy, "; ")));
    }
    co_await base::sleep_for(patience_.between_looks);
  }
}

boost::asio::awaitable<void> TimeTravel::step_to(base::Time target) {
  for (;;) {
    const Due due = co_await settle();
    if (!due.next || *due.next > target) break;
    go_to(*due.next);
  }
  go_to(target);
  co_await settle();
}

boost::asio::awaitable<void> TimeTravel::jump_to(base::Time target) {
  co_await settle();
  go_to(target);
  co_await settle();
}

}  // namespace cli
