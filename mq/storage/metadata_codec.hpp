#pragma once
#include <cstddef>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::storage {

inline constexpr std::size_t kMetadataKeyMax = 65535;

// The payload of a metadata entry (FORMAT.md, "Metadata"). Pre: keys are not longer than kMetadataKeyMax.
std::size_t encoded_size(const std::vector<MetaChange>& changes);
void encode_metadata(const std::vector<MetaChange>& changes, std::byte* out);
base::Result<std::vector<MetaChange>> decode_metadata(base::BytesView payload);

}  // namespace mq::storage
