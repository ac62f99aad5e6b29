#include "mq/storage/store_damage.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "mq/storage/format_file.hpp"
#include "mq/storage/index_format.hpp"
#include "mq/storage/segment.hpp"

namespace mq::storage {
namespace {

// Header fields that a sealed entry may get other values of, one bit of the first byte each.
constexpr std::uint8_t kType = 1, kFlags = 2, kEpoch = 4, kOrigin = 8, kDue = 16, kUndurable = 32;

}  // namespace

void StoreDamage::overwrite(base::Bytes& content, std::size_t position, std::size_t length) {
  for (std::size_t i = 0; i < length && position + i < content.size(); ++i) {
    content[position + i] = std::byte{next()};
  }
}

void StoreDamage::seal_entry_again(const std::string& name, base::Bytes& content, std::size_t number,
                                   const Checksum& checksum, std::size_t length) {
  const auto start = parse_file_name(name, kSegmentSuffix);
  if (!start) return;
  std::size_t position = 0;
  std::optional<EntryHeader> header;
  for (std::size_t i = 0; i <= number % 64; ++i) {
    header = position < content.size()
                 ? peek_entry(base::BytesView(content).subspan(position), advance(*start, position))
                 : std::nullopt;
    if (!header || entry_size(header->length) > content.size() - position) return;
    if (i < number % 64) position += entry_size(header->length);
  }
  const auto fields = next();
  if ((fields & kType) != 0) header->type = static_cast<EntryType>(next());
  if ((fields & kFlags) != 0) header->flags = next();
  if ((fields & kEpoch) != 0) header->epoch = next();
  if ((fields & kOrigin) != 0) header->origin = LogOffset{next() * 256 + next()};
  if ((fields & kDue) != 0) header->due_ms = next() * 256 + next();
  if ((fields & kUndurable) != 0) header->undurable = next();
  const auto payload = position + kEntryHeaderSize;
  const auto from = header->length == 0 ? 0 : std::size_t{next()} % header->length;
  overwrite(content, payload + from, std::min<std::size_t>(length, header->length - from));
  seal_entry(content.data() + position, *header, checksum);
}

void StoreDamage::seal_index_again(base::Bytes& content, std::size_t field, const Checksum& checksum,
                                   std::size_t length) {
  auto header = decode_index_header(content, checksum);
  if (!header) return;
  Section* const sections[] = {&header->directory, &header->snapshot};
  auto& section = *sections[field % 2];
  if (field % 4 < 2 && section.position <= content.size() &&
      section.size <= content.size() - section.position && section.size > 0) {
    const auto from = std::size_t{next()} % section.size;
    overwrite(content, section.position + from, std::min<std::size_t>(length, section.size - from));
    section.checksum = checksum.of(base::BytesView(content).subspan(section.position, section.size));
    const auto sealed = encode_index_header(*header, checksum);
    std::ranges::copy(sealed, content.begin());
    return;
  }
  // Its numbers begin behind magic and version, and end before its checksum.
  overwrite(content, 6 + field / 4 % (kIndexHeaderSize - 16), std::min<std::size_t>(length, 8));
  const auto covered = base::BytesView(content).first(kIndexHeaderSize - 8);
  base::store_big(content.data() + covered.size(), checksum.of(covered));
}

bool StoreDamage::apply(Files& files, StoreId id) {
  const Checksum checksum(id);
  bool can_be_told = true;
  for (int count = 0; at_ != end_ && count < kChangesMax; ++count) {
    const auto chosen = std::next(files.begin(), next() % static_cast<int>(files.size()));
    const auto other = std::next(files.begin(), count % static_cast<int>(files.size()));
    const auto kind = static_cast<Kind>(next() % kKinds);
    if (kind == Kind::erase) {
      if (files.size() > 1) files.erase(chosen);
      continue;
    }
    auto& content = chosen->second;
    const auto high = next();
    const auto position = std::size_t{high} << 8 | next();
    const std::size_t length = next();
    can_be_told = can_be_told && kind < Kind::sealed_entry;
    switch (kind) {
      case Kind::overwrite:
        overwrite(content, position, length);
        break;
      case Kind::flip:
        if (position < content.size()) content[position] ^= std::byte{1} << (length % 8);
        break;
      case Kind::truncate:
        content.resize(std::min(content.size(), position));
        break;
      case Kind::grow:
        for (std::size_t i = 0; i < length; ++i) content.push_back(std::byte{next()});
        break;
      case Kind::swap:
        std::swap(content, other->second);
        break;
      case Kind::sealed_entry:
        seal_entry_again(chosen->first, content, position, checksum, length);
        break;
      case Kind::sealed_index:
        seal_index_again(content, position, checksum, length);
        break;
      case Kind::identity: {
        const auto text = encode_identity({id, high}, length % 4 == 0 ? high : kFormatVersion);
        const auto bytes = base::bytes_of(text);
        files[std::string(kFormatFile)] = base::Bytes(bytes.begin(), bytes.end());
        break;
      }
      case Kind::erase:
        break;
    }
  }
  return can_be_told;
}

}  // namespace mq::storage
