#include "mq/base/base64.hpp"

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>

#include <cstddef>

namespace base {
namespace {

namespace iterators = boost::archive::iterators;
constexpr std::size_t kGroup = 4;  // characters for three bytes

}  // namespace

std::string to_base64(std::string_view bytes) {
  using Encode =
      iterators::base64_from_binary<iterators::transform_width<std::string_view::const_iterator, 6, 8>>;
  std::string text(Encode(bytes.begin()), Encode(bytes.end()));
  return text.append((kGroup - text.size() % kGroup) % kGroup, '=');
}

std::optional<std::string> from_base64(std::string_view text) {
  using Decode =
      iterators::transform_width<iterators::binary_from_base64<std::string_view::const_iterator>, 8, 6>;
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.contains('=') || text.size() % kGroup == 1) return std::nullopt;
  const auto size = text.size() * 3 / kGroup;
  try {
    std::string bytes;
    auto at = Decode(text.begin());
    while (bytes.size() < size) bytes.push_back(static_cast<char>(*at++));
    return bytes;
  } catch (const iterators::dataflow_exception&) {
    return std::nullopt;
  }
}

}  // namespace base
