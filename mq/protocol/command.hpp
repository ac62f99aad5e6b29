#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"

// Remoting frames (rocketmq-wire.md 1): int32 total | int32 mark | header | body.
namespace mq::protocol {

inline constexpr std::size_t kFrameSizeMax = 16'777'216;
inline constexpr std::size_t kFieldsMax = 128;          // ext fields in one header; Java's largest has 26
inline constexpr std::int32_t kAnnouncedVersion = 479;  // MQVersion V5_3_3, in every frame we send

enum class Serialize : std::uint8_t { json = 0, binary = 1 };

inline constexpr std::int32_t kResponseFlag = 1;
inline constexpr std::int32_t kOnewayFlag = 2;

// A command that owns its parts: what clients send, what tools and tests compare. `ext` keeps the
// order in which fields came.
struct Command {
  std::int32_t code = 0;
  std::string language = "JAVA";  // the one name no client rejects
  std::int32_t version = kAnnouncedVersion;
  std::int32_t opaque = 0;
  std::int32_t flag = 0;
  std::string remark;
  std::vector<std::pair<std::string, std::string>> ext;
  std::string body;
  Serialize serialize = Serialize::json;

  [[nodiscard]] bool is_response() const { return (flag & kResponseFlag) != 0; }
  [[nodiscard]] bool is_oneway() const { return (flag & kOnewayFlag) != 0; }
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const;
  void set(std::string_view key, std::string value);
  friend bool operator==(const Command&, const Command&) = default;
};

// One ext field of a CommandView. `value` may still hold JSON escapes.
struct FieldView {
  std::string_view key;
  std::string_view value;
  bool escaped = false;
};

// A command decoded in place: views into the frame's bytes, no allocation. For the server's hot
// path; lives as long as the frame. Keep one and decode into it again: making one costs more than a decode.
struct CommandView {
  std::int32_t code = 0;
  std::string_view language;
  std::int32_t version = 0;
  std::int32_t opaque = 0;
  std::int32_t flag = 0;
  std::string_view remark;
  std::span<const FieldView> ext() const { return {fields.data(), field_count}; }
  base::BytesView body;
  Serialize serialize = Serialize::json;

  std::array<FieldView, kFieldsMax> fields;
  std::size_t field_count = 0;

  // Owns the texts of a header that could not be decoded in place; empty for what stock clients send.
  std::shared_ptr<const std::string> owned;

  [[nodiscard]] bool is_response() const { return (flag & kResponseFlag) != 0; }
  [[nodiscard]] bool is_oneway() const { return (flag & kOnewayFlag) != 0; }
  // Of repeated keys the last.
  [[nodiscard]] const FieldView* find(std::string_view key) const;
};

// Appends the value with JSON escapes undone. False when an escape is broken.
bool unescape_to(std::string& out, const FieldView& field);

// How many bytes the first frame of `bytes` takes with its length field; nothing while fewer than
// the 8 fixed bytes are there. A length that is negative, below its header's or above
// kFrameSizeMax is an error: close the connection.
base::Result<std::optional<std::size_t>> frame_size(base::BytesView bytes);

// Decodes one whole frame (frame_size(frame) == frame.size()). Tolerant as the Java server is:
// unknown fields are skipped, numbers and booleans in extFields become text, null means absent.
base::Result<> decode(base::BytesView frame, CommandView& into);
// The same result sooner, when headers like this one came before (header_shapes.hpp).
class HeaderShapes;
base::Result<> decode(base::BytesView frame, CommandView& into, HeaderShapes& shapes);
base::Result<Command> decode(base::BytesView frame);

// Appends the frame to `out`. Strict: every ext value is a JSON string. A command that a binary header
// cannot carry (a code or version beyond int16, a key beyond 32767 bytes) gets a JSON header.
// Throws std::length_error, with `out` as it was, when the frame would be larger than kFrameSizeMax: a peer
// may provoke that by what it makes us repeat.
void encode(const Command& command, base::Bytes& out);

// Appends a response frame without building a Command: the hot path's way. Always a JSON header, also for
// requests with a binary one: the genuine broker does the same and every client takes it. Throws as above.
struct ResponseView {
  std::int32_t code = 0;
  std::int32_t opaque = 0;
  std::string_view remark;
  std::span<const std::pair<std::string_view, std::string_view>> ext;
  std::string_view ext_text{};  // in place of `ext`: a JSON object of strings, as ExtText writes it
  base::BytesView body;
};
void encode(const ResponseView& response, base::Bytes& out);

}  // namespace mq::protocol
