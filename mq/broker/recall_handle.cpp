#include "mq/broker/recall_handle.hpp"

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>

#include <algorithm>
#include <charconv>
#include <vector>

namespace mq::broker {
namespace {

namespace iterators = boost::archive::iterators;

constexpr std::string_view kVersion = "v1";
constexpr std::size_t kHandleMax = 4096;
constexpr std::size_t kGroup = 4;  // characters for three bytes

std::string to_base64url(std::string_view text) {
  using Encode =
      iterators::base64_from_binary<iterators::transform_width<std::string_view::const_iterator, 6, 8>>;
  std::string out(Encode(text.begin()), Encode(text.end()));
  out.append((kGroup - out.size() % kGroup) % kGroup, '=');
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  return out;
}

std::optional<std::string> from_base64url(std::string text) {
  using Decode = iterators::transform_width<iterators::binary_from_base64<std::string::const_iterator>, 8, 6>;
  while (text.ends_with('=')) text.pop_back();
  const bool foreign = text.find_first_of("+/=") != std::string::npos;
  if (foreign || text.empty() || text.size() % kGroup == 1) return std::nullopt;
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  const auto size = text.size() * 3 / kGroup;
  try {
    std::string out;
    auto at = Decode(text.cbegin());
    while (out.size() < size) out.push_back(static_cast<char>(*at++));
    return out;
  } catch (const iterators::dataflow_exception&) {
    return std::nullopt;
  }
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == ' ') {
      words.emplace_back();
    } else {
      words.back().push_back(c);
    }
  }
  return words;
}

}  // namespace

std::string encode_recall_handle(const RecallHandle& handle) {
  return to_base64url(std::string(kVersion) + " " + handle.topic + " " + handle.broker + " " +
                      std::to_string(handle.due_ms + 1) + " " + handle.unique_key);
}

std::optional<RecallHandle> decode_recall_handle(std::string_view text) {
  if (text.size() > kHandleMax) return std::nullopt;
  const auto plain = from_base64url(std::string(text));
  if (!plain) return std::nullopt;
  const auto words = words_of(*plain);
  if (words.size() != 5 || words[0] != kVersion || words[4].empty()) return std::nullopt;
  RecallHandle handle{words[1], words[2], 0, words[4]};
  const auto& time = words[3];
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), handle.due_ms);
  if (error != std::errc{} || end != time.data() + time.size() || handle.due_ms <= 0) return std::nullopt;
  --handle.due_ms;
  return handle;
}

}  // namespace mq::broker
