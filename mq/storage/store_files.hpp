#pragma once
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mq/storage/file.hpp"
#include "mq/storage/segment.hpp"

namespace mq::storage {

// What lies in a store's directory.
struct StoreFiles {
  std::deque<std::shared_ptr<Segment>> segments;  // back to back
  std::vector<LogOffset> indexes;
  std::vector<LogOffset> checkpoints;
  std::vector<SpareFile> spares;
};

// Opens segments and spares, and removes what a crash left behind: temporary files, spares of another
// size, indexes whose segment is gone. `problem` gets a sentence when the segments do not fit together.
base::Result<StoreFiles> open_store_files(Directory& directory, std::size_t segment_size,
                                          std::string& problem);

}  // namespace mq::storage
