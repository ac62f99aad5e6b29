#pragma once
#include <boost/endian/conversion.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

using Bytes = std::vector<std::byte>;
using BytesView = std::span<const std::byte>;

inline BytesView bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
inline std::string_view text_of(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Big endian, as RocketMQ and this project's files have it.
template <class Int>
Int load_big(const std::byte* at) {
  Int value;
  std::memcpy(&value, at, sizeof value);
  return boost::endian::big_to_native(value);
}
template <class Int>
void store_big(std::byte* at, Int value) {
  boost::endian::native_to_big_inplace(value);
  std::memcpy(at, &value, sizeof value);
}

// Reads numbers and runs of bytes from a view, front to back. A read past the
// end yields zeros or an empty view and makes ok() false for good: check once,
// after the last read.
class ByteReader {
 public:
  explicit ByteReader(BytesView bytes) : rest_(bytes) {}

  template <class Int>
  Int number() {
    const auto raw = take(sizeof(Int));
    return raw.empty() ? Int{} : load_big<Int>(raw.data());
  }
  BytesView take(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto part = rest_.first(count);
    rest_ = rest_.subspan(count);
    return part;
  }
  std::string_view text(std::size_t count) { return text_of(take(count)); }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  BytesView rest_;
  bool ok_ = true;
};

// Appends numbers and runs of bytes to a buffer it does not own.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}

  template <class Int>
  void number(Int value) {
    const auto at = out_.size();
    out_.resize(at + sizeof value);
    store_big(out_.data() + at, value);
  }
  void put(BytesView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void text(std::string_view text) { put(bytes_of(text)); }

 private:
  Bytes& out_;
};

}  // namespace base
