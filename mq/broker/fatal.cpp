#include "mq/broker/fatal.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace mq::broker {

void die(std::string_view what_happened) {
  const std::string sentence =
      "sluice-mq stops: " + std::string(what_happened) +
      ". Nothing acknowledged is lost. Look at the disk (df, dmesg), then start it again.\n";
  std::fputs(sentence.c_str(), stderr);
  std::fflush(stderr);
  std::_Exit(kDiskFailedExit);
}

}  // namespace mq::broker
