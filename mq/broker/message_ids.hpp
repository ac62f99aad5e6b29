#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "mq/model/names.hpp"
#include "mq/model/record.hpp"

namespace mq::broker {

// Offset message ids of one broker: as mq::offset_message_id(), without its allocation.
class MessageIds {
 public:
  explicit MessageIds(const Host& store_host) {
    std::ranges::copy_n(offset_message_id(store_host, LogOffset{0}).begin(), kPrefixSize, prefix_.begin());
  }

  void append(std::string& out, LogOffset at) const {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::array<char, kPrefixSize + 16> id;
    std::ranges::copy(prefix_, id.begin());
    auto value = static_cast<std::uint64_t>(at.value());
    for (auto digit = id.rbegin(); digit != id.rend() - kPrefixSize; ++digit, value >>= 4)
      *digit = kDigits[value & 15U];
    out.append(id.data(), id.size());
  }
  [[nodiscard]] std::string of(LogOffset at) const {
    std::string id;
    append(id, at);
    return id;
  }

 private:
  static constexpr std::size_t kPrefixSize = 16;  // address and port
  std::array<char, kPrefixSize> prefix_;
};

}  // namespace mq::broker
