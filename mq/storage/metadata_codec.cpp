#include "mq/storage/metadata_codec.hpp"

#include <algorithm>
#include <cstring>

namespace mq::storage {
namespace {

namespace errc = boost::system::errc;

constexpr std::uint8_t kSet = 1;
constexpr std::uint8_t kRemoved = 2;
constexpr std::size_t kChangeSizeMin = 1 + sizeof(std::uint16_t);

template <class Int>
std::byte* put(std::byte* out, Int value) {
  base::store_big(out, value);
  return out + sizeof value;
}
std::byte* put(std::byte* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

}  // namespace

std::size_t encoded_size(const std::vector<MetaChange>& changes) {
  std::size_t size = sizeof(std::uint32_t);
  for (const auto& change : changes) {
    size += kChangeSizeMin + change.key.size();
    if (change.value) size += sizeof(std::uint32_t) + change.value->size();
  }
  return size;
}

void encode_metadata(const std::vector<MetaChange>& changes, std::byte* out) {
  out = put(out, static_cast<std::uint32_t>(changes.size()));
  for (const auto& change : changes) {
    out = put(out, change.value ? kSet : kRemoved);
    out = put(out, static_cast<std::uint16_t>(change.key.size()));
    out = put(out, std::string_view(change.key));
    if (!change.value) continue;
    out = put(out, static_cast<std::uint32_t>(change.value->size()));
    out = put(out, std::string_view(*change.value));
  }
}

base::Result<std::vector<MetaChange>> decode_metadata(base::BytesView payload) {
  base::ByteReader in(payload);
  const auto count = in.number<std::uint32_t>();
  std::vector<MetaChange> changes;
  changes.reserve(std::min<std::size_t>(count, payload.size() / kChangeSizeMin));
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const auto kind = in.number<std::uint8_t>();
    MetaChange change{.key = std::string(in.text(in.number<std::uint16_t>())), .value = {}};
    if (kind == kSet) {
      change.value = std::string(in.text(in.number<std::uint32_t>()));
    } else if (kind != kRemoved) {
      return make_error_code(errc::bad_message);
    }
    changes.push_back(std::move(change));
  }
  if (!in.ok() || in.left() != 0) return make_error_code(errc::bad_message);
  return changes;
}

}  // namespace mq::storage
