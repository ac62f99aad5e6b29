#include "cli/supervisor.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/json.hpp>
#include <ranges>

#include "cli/console.hpp"
#include "cli/secrets.hpp"
#include "mq/base/aio/with_deadline.hpp"

namespace cli {
namespace asio = boost::asio;

namespace {
constexpr std::size_t kLogLinesShown = 8;
constexpr std::chrono::seconds kStopGrace{15};
constexpr std::chrono::milliseconds kLook{20};

std::map<std::string, std::string> endpoints_of(const boost::json::object& ready_line) {
  std::map<std::string, std::string> endpoints;
  for (const auto& [key, value] : ready_line) {
    if (key != "ready" && value.is_string()) endpoints[std::string(key)] = value.get_string().c_str();
  }
  return endpoints;
}
}  // namespace

struct Supervisor::Member {
  Member(const asio::any_io_executor& executor, Part given)
      : part(std::move(given)), process(executor, part.process) {}
  Part part;
  ChildProcess process;
  RestartPolicy policy;
  RunState::Process* state = nullptr;
  std::vector<std::uintmax_t> log_sizes;  // before it was started last

  void note_logs() {
    log_sizes.clear();
    for (const auto& log : part.logs) {
      std::error_code missing;
      const auto size = std::filesystem::file_size(log, missing);
      log_sizes.push_back(missing ? 0 : size);
    }
  }
  // What it wrote since then; a log that is shorter now was begun anew.
  [[nodiscard]] std::string last_words() const {
    std::string words;
    for (std::size_t at = 0; at < log_sizes.size(); ++at) {
      auto text = read_file(part.logs[at]);
      if (text.size() >= log_sizes[at]) text.erase(0, log_sizes[at]);
      for (const auto& line : last_lines(text, kLogLinesShown)) words += "  | " + line + "\n";
    }
    return words;
  }
};

Supervisor::Supervisor(const asio::any_io_executor& executor, Layout layout, RunState state,
                       std::vector<Part> parts, Report report)
    : executor_(executor),
      layout_(std::move(layout)),
      state_(std::move(state)),
      report_(std::move(report)),
      tasks_(executor),
      stop_requested_(executor, asio::steady_timer::time_point::max()) {
  state_.processes.resize(parts.size());
  for (auto& part : parts) {
    auto& slot = state_.processes[members_.size()];
    slot.name = part.process.name;
    slot.state = "waiting";
    members_.push_back(std::make_unique<Member>(executor_, std::move(part)));
    members_.back()->state = &slot;
  }
}

Supervisor::~Supervisor() = default;

void Supervisor::note(Member& member, const std::string& state) {
  member.state->state = state;
  member.state->pid = member.process.identity() ? member.process.identity()->pid : 0;
  member.state->endpoints = endpoints_of(member.process.ready_line());
  try {
    write_run_state(layout_, state_);
  } catch (const std::exception& error) {
    // A full disk, a folder that is gone: what runs has to be stopped all the same.
    const bool said = std::exchange(record_failed_, true);
    if (!stopping_) throw;
    if (!said) report_.trouble(error.what());
  }
}

void Supervisor::fail(const std::string& sentence) {
  failed_ = true;
  report_.trouble(sentence);
  request_stop();
}

void Supervisor::give_up(const Member& member, const std::string& sentence) {
  const auto shown = member.last_words();
  fail(shown.empty() ? sentence : fmt::format("{}. Its last words:\n{}", sentence, shown));
}

void Supervisor::request_stop() {
  stopping_ = true;
  stop_requested_.cancel();
}

void Supervisor::hurry() {
  for (const auto& member : members_) {
    if (!member->process.identity()) continue;
    report_.trouble(member->process.name() + " is killed");
    ::kill(-member->process.identity()->pid, SIGKILL);
  }
}

asio::awaitable<int> Supervisor::run(std::function<asio::awaitable<void>()> all_ready) {
  tasks_.spawn("supervision", guarded(work(std::move(all_ready))));
  while (!stopping_) {
    boost::system::error_code woken;
    co_await stop_requested_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  co_await tasks_.stop();
  co_await stop_all();
  co_return failed_ ? 1 : 0;
}

// A program that cannot even be started, a full disk: everything stops, and says why.
asio::awaitable<void> Supervisor::guarded(asio::awaitable<void> task) {
  try {
    co_await std::move(task);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;  // somebody asked to stop
    fail(sentence_of(error));
  } catch (const std::exception& error) {
    fail(sentence_of(error));
  }
}

asio::awaitable<void> Supervisor::work(std::function<asio::awaitable<void>()> all_ready) {
  for (const auto& member : members_) {
    if (!co_await start_first(*member)) co_return;
    tasks_.spawn(member->process.name(), guarded(watch(*member)));
  }
  tasks_.spawn("after start", all_ready());
}

asio::awaitable<bool> Supervisor::start_first(Member& member) {
  const auto& name = member.process.name();
  const auto begin = std::chrono::steady_clock::now();
  report_.starting(name);
  note(member, "starting");
  member.note_logs();
  switch (co_await member.process.start()) {
    case ChildProcess::Started::died:
      give_up(member, fmt::format("{} ended at start with {}", name, member.process.last_end()));
      co_return false;
    case ChildProcess::Started::too_slow:
      give_up(member, fmt::format("{} was not ready after {} s", name,
                                  member.part.process.ready_limit.count() / 1000));
      co_return false;
    case ChildProcess::Started::ready:
      break;
  }
  if (member.part.when_ready) member.part.when_ready();
  note(member, "ready");
  report_.ready(
      name, std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin));
  co_return true;
}

asio::awaitable<void> Supervisor::watch(Member& member) {
  for (;;) {
    co_await member.process.ended();
    note(member, "dead");
    if (!co_await start_again(member, member.process.last_end())) co_return;
  }
}

// What started before it, it may need: a service that starts while PostgreSQL is away would only die again,
// and use up its deaths. This ends, because the other one comes back or everything stops.
asio::awaitable<void> Supervisor::earlier_are_ready(const Member& member) {
  for (const auto& earlier : members_) {
    if (earlier.get() == &member) co_return;
    while (earlier->state->state != "ready") co_await base::sleep_for(kLook);
  }
}

// Tries until it is ready or has died too often; a failed start counts as a death.
asio::awaitable<bool> Supervisor::start_again(Member& member, std::string how_it_ended) {
  const auto& name = member.process.name();
  for (;;) {
    const auto pause = member.policy.died(std::chrono::steady_clock::now());
    if (!pause) {
      give_up(member,
              fmt::format("{} died five times within a minute, the last time with {}", name, how_it_ended));
      co_return false;
    }
    report_.trouble(
        fmt::format("{} died ({}); it is started again in {} s", name, how_it_ended, pause->count()));
    member.state->restarts += 1;
    note(member, "restarting");
    co_await base::sleep_for(*pause);
    co_await earlier_are_ready(member);
    member.note_logs();
    if (co_await member.process.start() == ChildProcess::Started::ready) {
      note(member, "ready");
      report_.recovered(name);
      co_return true;
    }
    how_it_ended = member.process.last_end();
  }
}

asio::awaitable<void> Supervisor::stop_all() {
  for (const auto& member : members_ | std::views::reverse) {
    if (!member->process.identity()) continue;
    note(*member, "stopping");
    if (co_await member->process.stop(kStopGrace)) continue;
    report_.trouble(fmt::format("{} did not stop in time and was killed", member->process.name()));
  }
  std::error_code none;
  std::filesystem::remove(layout_.state(), none);
}

}  // namespace cli
