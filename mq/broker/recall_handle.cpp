#include "mq/broker/recall_handle.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "mq/base/base64.hpp"

namespace mq::broker {
namespace {

constexpr std::string_view kVersion = "v1";
constexpr std::size_t kHandleMax = 4096;

std::string to_base64url(std::string_view text) {
  auto out = base::to_base64(text);
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  return out;
}

std::optional<std::string> from_base64url(std::string text) {
  if (text.empty() || text.find_first_of("+/") != std::string::npos) return std::nullopt;
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  return base::from_base64(text);
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
