// Any bytes as a stream of frames: the size is believable before the rest is there, and what decodes
// encodes to a frame that says the same.
#include <algorithm>
#include <tuple>

#include "mq/base/assert.hpp"
#include "mq/protocol/command.hpp"
#include "mq/protocol/header_shapes.hpp"

namespace {

bool same(const mq::protocol::CommandView& a, const mq::protocol::CommandView& b) {
  const auto parts = [](const auto& view) {
    return std::tie(view.code, view.flag, view.opaque, view.version, view.language, view.remark,
                    view.serialize);
  };
  return parts(a) == parts(b) &&
         std::ranges::equal(a.ext(), b.ext(), [](const auto& left, const auto& right) {
           return left.key == right.key && left.value == right.value && left.escaped == right.escaped;
         });
}

void check_frame(base::BytesView frame) {
  auto command = mq::protocol::decode(frame);
  mq::protocol::CommandView view;
  const bool viewed = mq::protocol::decode(frame, view).has_value();
  if (command.has_error()) return;
  BASE_ASSERT(viewed && view.code == command->code && view.ext().size() == command->ext.size(),
              "two decoders agree");
  static mq::protocol::HeaderShapes shapes;
  static mq::protocol::CommandView shaped;
  BASE_ASSERT(mq::protocol::decode(frame, shaped, shapes).has_value() && same(view, shaped),
              "what came before changes nothing");
  // An empty text cannot be told from an absent one in a binary header.
  std::erase_if(command->ext, [](const auto& field) { return field.second.empty(); });
  base::Bytes again;
  mq::protocol::encode(*command, again);
  auto second = mq::protocol::decode(again);
  BASE_ASSERT(second.has_value(), "our own encoding decodes");
  std::ranges::sort(second->ext);
  std::ranges::sort(command->ext);
  const auto duplicate = std::ranges::adjacent_find(
      command->ext, [](const auto& a, const auto& b) { return a.first == b.first; });
  if (duplicate == command->ext.end()) BASE_ASSERT(*second == *command, "and means the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto rest = std::as_bytes(std::span(data, size));
  for (;;) {
    const auto found = mq::protocol::frame_size(rest);
    if (found.has_error() || !*found || **found > rest.size()) return 0;
    BASE_ASSERT(**found >= 8 && **found <= mq::protocol::kFrameSizeMax, "sizes are in range");
    check_frame(rest.first(**found));
    rest = rest.subspan(**found);
  }
}
