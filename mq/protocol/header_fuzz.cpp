// Any text as a JSON header: the decoder that works in place, the one that parses, and the reader of sends.
#include "mq/base/assert.hpp"
#include "mq/protocol/header_codec.hpp"
#include "mq/protocol/send_message_view.hpp"

namespace {

void check_agreement(const mq::protocol::CommandView& fast, const mq::protocol::CommandView& full) {
  BASE_ASSERT(fast.code == full.code && fast.version == full.version && fast.opaque == full.opaque &&
                  fast.flag == full.flag,
              "both decoders read the same numbers");
  BASE_ASSERT(fast.language == full.language && fast.remark == full.remark, "and texts");
  for (const auto& field : full.ext()) {
    BASE_ASSERT(fast.find(field.key) != nullptr, "and fields");
    // A bare number keeps its own spelling in place only.
    const auto* const same = fast.find(field.key);
    std::string text;
    BASE_ASSERT(mq::protocol::unescape_to(text, *same), "a parser has seen the escapes");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static mq::protocol::CommandView fast;
  static mq::protocol::CommandView full;
  mq::protocol::reset(fast);
  mq::protocol::reset(full);
  const bool in_place = mq::protocol::decode_json_in_place(text, fast);
  const bool parsed = mq::protocol::decode_json_owned(text, full).has_value();
  if (in_place && parsed) check_agreement(fast, full);

  mq::protocol::SendMessageView send;
  std::string scratch;
  std::string problem;
  if (in_place) static_cast<void>(mq::protocol::decode_send(fast, send, scratch, &problem));
  if (parsed) static_cast<void>(mq::protocol::decode_send(full, send, scratch, &problem));
  return 0;
}
