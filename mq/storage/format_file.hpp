#pragma once
#include <cstdint>
#include <string>

#include "mq/base/result.hpp"
#include "mq/storage/entry.hpp"
#include "mq/storage/file.hpp"

namespace mq::storage {

// Version 1 had no half messages, version 2 no deliveries, version 3 carried nothing forward; all that they
// have, version 4 has too, so their directories are taken over.
inline constexpr int kFormatVersion = 4;
inline constexpr int kFormatVersionReadable = 1;  // and what lies between
inline constexpr std::string_view kFormatFile = "FORMAT";

// What a directory says of itself, in four lines of text (FORMAT.md, "FORMAT").
struct StoreIdentity {
  StoreId id;
  std::uint32_t epoch = 0;  // of the last open
};

std::string encode_identity(const StoreIdentity& identity, int version = kFormatVersion);

// Nothing but an error and a sentence in `problem` for an unknown version or damage.
base::Result<StoreIdentity> read_identity(Directory& directory, std::string& problem);

// Replaces the file by rename; durable when it returns.
base::Result<> write_identity(Directory& directory, const StoreIdentity& identity);

}  // namespace mq::storage
