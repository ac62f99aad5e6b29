// sluice mq verify: reads the data of a broker that is stopped. The work is that of sluice-mq itself.
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "cli/layout.hpp"
#include "cli/mq_commands.hpp"

namespace cli {
namespace {

struct VerifyOptions {
  std::filesystem::path dir = default_root(), data;
  bool json = false;
};

int verify(const VerifyOptions& options) {
  auto program = (program_folder() / "sluice-mq").string();
  auto data = (options.data.empty() ? Layout{options.dir}.data_of("sluice-mq") : options.data).string();
  std::string flag = "--verify", json = "--json";
  std::vector<char*> words{program.data(), flag.data(), data.data()};
  if (options.json) words.push_back(json.data());
  words.push_back(nullptr);
  ::execv(program.c_str(), words.data());
  throw std::runtime_error(program + " cannot be started: " + std::generic_category().message(errno));
}

}  // namespace

void add_mq_verify(CLI::App& mq, Chosen& chosen) {
  const auto options = std::make_shared<VerifyOptions>();
  auto* command =
      mq.add_subcommand("verify", "Reads all data of a stopped broker and says whether it is whole.");
  command->footer(
      "Examples:\n"
      "  sluice mq verify                     the running system's queue, when it is down\n"
      "  sluice mq verify /srv/mq/data --json\n"
      "Exit code 0: sound; 1: damaged, with file and offset; 2: it cannot be told, because a broker uses it, "
      "or it "
      "is no store.\nNothing is ever written. sluice-mq --verify does the same where there is no sluice.");
  command->add_option("DIR", options->data, "the broker's data directory; the order system's if left out");
  command->add_option("--dir", options->dir, "the order system's directory")->capture_default_str();
  command->add_flag("--json", options->json, "answer in JSON");
  command->callback([&chosen, options] { chosen = [options] { return verify(*options); }; });
}

}  // namespace cli
