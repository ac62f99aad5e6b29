#include "mq/protocol/register_body.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "mq/base/checksum.hpp"
#include "mq/model/compression.hpp"
#include "mq/model/record.hpp"
#include "mq/protocol/body.hpp"

namespace mq::protocol {
namespace {

boost::system::error_code senseless() { return make_error_code(boost::system::errc::bad_message); }

// Length-prefixed parts, one after the other.
class Parts {
 public:
  explicit Parts(std::string_view text) : rest_(text) {}

  std::optional<std::uint32_t> number() {
    if (rest_.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(rest_[std::size_t(i)]);
    rest_.remove_prefix(4);
    return value;
  }
  std::optional<std::string_view> text() {
    const auto size = number();
    if (!size || *size > rest_.size()) return std::nullopt;
    const auto part = rest_.substr(0, *size);
    rest_.remove_prefix(*size);
    return part;
  }

 private:
  std::string_view rest_;
};

bool read_number(std::string_view text, std::int32_t& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size();
}

// "name readQueues writeQueues perm filterType {attributes}", the last since 5.0. Attributes may hold
// spaces, and matter to the broker alone.
std::optional<TopicConfig> read_topic(std::string_view line) {
  std::array<std::string_view, 5> words;
  for (auto& word : words) {
    const auto space = line.find(' ');
    word = line.substr(0, space);
    line = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
  }
  TopicConfig topic;
  topic.topic = words[0];
  topic.filter_type = words[4];
  const bool numbers = read_number(words[1], topic.read_queues) &&
                       read_number(words[2], topic.write_queues) && read_number(words[3], topic.perm);
  if (!numbers || topic.topic.empty() || topic.filter_type.empty()) return std::nullopt;
  return topic;
}

// Up to the topics; what follows (filter servers, queue mappings) is nothing that clients here ask for.
std::optional<RegisterBrokerBody> read_parts(std::string_view text) {
  Parts parts(text);
  const auto version = parts.text();
  if (!version) return std::nullopt;
  auto decoded = decode_body<DataVersion>(*version);
  const auto count = parts.number();
  if (!decoded || !count) return std::nullopt;
  RegisterBrokerBody body;
  body.topics.data_version = *decoded;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto line = parts.text();
    auto topic = line ? read_topic(*line) : std::nullopt;
    if (!topic) return std::nullopt;
    auto name = topic->topic;
    body.topics.topics.insert_or_assign(std::move(name), std::move(*topic));
  }
  return body;
}

}  // namespace

base::Result<RegisterBrokerBody> decode_register_body(base::BytesView body, bool compressed) {
  if (body.empty()) return RegisterBrokerBody{};
  if (!compressed) {
    auto decoded = decode_body<RegisterBrokerBody>(base::text_of(body));
    if (!decoded) return senseless();
    return decoded;
  }
  const auto plain = decompress(body, sys_flag::kCompressed, kRegisterBodyMax);
  if (!plain) return plain.error();
  auto parts = read_parts(*plain);
  if (!parts) return senseless();
  return std::move(*parts);
}

std::int32_t register_body_crc32(base::BytesView body) {
  return static_cast<std::int32_t>(base::crc32(body) & 0x7fffffff);
}

}  // namespace mq::protocol
