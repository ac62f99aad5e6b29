#include "mq/apps/open_store.hpp"

#include <string>
#include <utility>

#include "mq/apps/listeners.hpp"

namespace mq::apps {

std::unique_ptr<storage::MessageStore> open_store(const BrokerConfig& config) {
  storage::StoreOptions options;
  options.segment_size = config.segment_size;
  options.reserve_segments = static_cast<std::size_t>(config.reserve_segments);
  std::string problem;
  auto directory = storage::open_posix_directory(config.data.string());
  auto store = storage::MessageStore::open(std::move(directory), options, problem);
  if (!store) {
    throw CannotStart(config.data.string() + ": " + (problem.empty() ? store.error().message() : problem));
  }
  return std::move(*store);
}

}  // namespace mq::apps
