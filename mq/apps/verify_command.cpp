#include "mq/apps/verify_command.hpp"

#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>

#include "mq/storage/read_only_view.hpp"
#include "mq/storage/verify.hpp"

namespace mq::apps {
namespace {

constexpr int kSound = 0, kDamaged = 1, kCannot = 2;

struct Asked {
  std::string folder;
  bool json = false;
};

int cannot(const std::string& why) {
  std::fprintf(stderr, "sluice-mq: %s\n", why.c_str());
  return kCannot;
}

void show_progress(std::uint64_t done, std::uint64_t all) {
  static constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  std::fprintf(stderr, "\rverified %llu of %llu MiB", static_cast<unsigned long long>(done / kMiB),
               static_cast<unsigned long long>(all / kMiB));
  if (done == all) std::fprintf(stderr, "\n");
}

void print_text(const storage::VerifyReport& report, const std::string& folder) {
  for (const auto& damage : report.damages) std::printf("damaged: %s\n", damage.what.c_str());
  for (const auto& note : report.notes) std::printf("note: %s\n", note.c_str());
  std::printf("%s: %s; %zu log files, offsets %lld to %lld, %llu entries, %llu messages, %zu indexes\n",
              folder.c_str(), report.damages.empty() ? "sound" : "DAMAGED", report.segments,
              static_cast<long long>(report.begin.value()), static_cast<long long>(report.end.value()),
              static_cast<unsigned long long>(report.entries),
              static_cast<unsigned long long>(report.messages), report.indexes);
}

void print_json(const storage::VerifyReport& report, const std::string& folder) {
  boost::json::array damages, notes;
  for (const auto& damage : report.damages) {
    damages.push_back(boost::json::object{{"file", damage.file}, {"what", damage.what}});
  }
  for (const auto& note : report.notes) notes.emplace_back(note);
  const boost::json::object verdict{{"data", folder},
                                    {"sound", report.damages.empty()},
                                    {"segments", report.segments},
                                    {"indexes", report.indexes},
                                    {"begin", report.begin.value()},
                                    {"end", report.end.value()},
                                    {"entries", report.entries},
                                    {"messages", report.messages},
                                    {"damages", std::move(damages)},
                                    {"notes", std::move(notes)}};
  std::printf("%s\n", boost::json::serialize(verdict).c_str());
}

int verify(const Asked& asked) {
  const auto directory = storage::open_posix_directory_to_read(asked.folder);
  storage::StoreVerification::Progress progress;
  if (::isatty(STDERR_FILENO) == 1) progress = show_progress;
  storage::StoreVerification verification(*directory, std::move(progress));
  std::string problem;
  const auto report = verification.run(problem);
  if (!report) return cannot(asked.folder + " cannot be verified: " + problem);
  asked.json ? print_json(*report, asked.folder) : print_text(*report, asked.folder);
  return report->damages.empty() ? kSound : kDamaged;
}

}  // namespace

std::optional<int> verify_if_asked(int argc, const char* const* argv) {
  constexpr std::string_view kFlag = "--verify";
  Asked asked;
  bool wanted = false;
  std::string unknown;
  const std::span words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == kFlag) {
      wanted = true;
      if (i + 1 < words.size()) asked.folder = words[++i];
    } else if (word.starts_with(std::string(kFlag) + "=")) {
      wanted = true;
      asked.folder = word.substr(kFlag.size() + 1);
    } else if (word == "--json") {
      asked.json = true;
    } else {
      unknown = word;
    }
  }
  if (!wanted) return std::nullopt;
  if (asked.folder.empty()) return cannot("--verify needs the data directory of a broker that is stopped");
  if (!unknown.empty()) return cannot("--verify goes with --json alone, not with " + unknown);
  try {
    return verify(asked);
  } catch (const std::exception& error) {
    return cannot(error.what());
  }
}

}  // namespace mq::apps
