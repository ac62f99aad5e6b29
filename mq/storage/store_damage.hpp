#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "mq/base/bytes.hpp"
#include "mq/storage/entry.hpp"

namespace mq::storage {

// Changes to the files of a store, read from the bytes of a fuzzer:
//
//   each: file u8, kind u8, position u16, length u8, bytes
//
// Everything a disk or a hand may do, and changes behind which the checksum is made good again: those
// reach what checksums keep from damage. For tests.
class StoreDamage {
 public:
  using Files = std::map<std::string, base::Bytes>;
  static constexpr int kChangesMax = 8;

  StoreDamage(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

  // True when every changed byte can be told by a checksum.
  bool apply(Files& files, StoreId id);

 private:
  // Order is the input's format: new ones go to the end.
  enum class Kind : std::uint8_t {
    overwrite,
    flip,
    truncate,
    grow,
    erase,
    swap,
    sealed_entry,  // of a log, the `position`th: bytes of its header and payload
    sealed_index,  // the header of an index, or its directory or snapshot
    identity,      // epoch and id of FORMAT
  };
  static constexpr int kKinds = 9;

  std::uint8_t next() { return at_ == end_ ? std::uint8_t{0} : *at_++; }
  void overwrite(base::Bytes& content, std::size_t position, std::size_t length);
  void seal_entry_again(const std::string& name, base::Bytes& content, std::size_t number,
                        const Checksum& checksum, std::size_t length);
  void seal_index_again(base::Bytes& content, std::size_t field, const Checksum& checksum,
                        std::size_t length);

  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

}  // namespace mq::storage
