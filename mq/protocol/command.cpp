#include "mq/protocol/command.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "mq/protocol/header_codec.hpp"
#include "mq/protocol/header_shapes.hpp"
#include "mq/protocol/json_text.hpp"

namespace mq::protocol {
namespace {

constexpr std::size_t kFixedSize = 8;  // total and mark
constexpr std::uint32_t kHeaderSizeMask = 0xffffff;

boost::system::error_code broken() { return make_error_code(boost::system::errc::bad_message); }

void check_size(std::size_t header_size, std::size_t body_size) {
  if (kFixedSize + header_size + body_size > kFrameSizeMax)
    throw std::length_error("frame too large to send");
}

// Patches the first eight bytes of a frame.
void put_fixed(std::byte* at, Serialize serialize, std::size_t header_size, std::size_t body_size) {
  const std::size_t total = 4 + header_size + body_size;
  base::store_big(at, static_cast<std::uint32_t>(total));
  base::store_big(at + 4,
                  static_cast<std::uint32_t>(static_cast<std::uint32_t>(serialize) << 24 | header_size));
}

// Appends frame and header; `put` makes the header where it is told, in at most `size_max` bytes.
template <class Put>
void append_json(std::size_t size_max, Put put, base::BytesView body, base::Bytes& out) {
  std::array<char, 4096> near;
  std::string large;
  if (kFixedSize + size_max > near.size()) large.resize(kFixedSize + size_max);
  char* const room = large.empty() ? near.data() : large.data();
  const auto header_size = static_cast<std::size_t>(put(room + kFixedSize) - room) - kFixedSize;
  check_size(header_size, body.size());
  auto* const frame = reinterpret_cast<std::byte*>(room);
  put_fixed(frame, Serialize::json, header_size, body.size());
  out.reserve(out.size() + kFixedSize + header_size + body.size());
  out.insert(out.end(), frame, frame + kFixedSize + header_size);
  out.insert(out.end(), body.begin(), body.end());
}

void encode_binary(const Command& command, base::Bytes& out) {
  const std::size_t header_size = binary_header_size(command);
  check_size(header_size, command.body.size());
  const std::size_t begin = out.size();
  out.resize(begin + kFixedSize);
  append_binary_header(command, out);
  put_fixed(out.data() + begin, Serialize::binary, header_size, command.body.size());
  const auto body = base::bytes_of(command.body);
  out.insert(out.end(), body.begin(), body.end());
}

base::Result<> decode_json(std::string_view header, CommandView& into, HeaderShapes* shapes) {
  if (shapes != nullptr) {
    if (shapes->decode(header, into)) return {};
    reset(into);
  }
  if (!decode_json_in_place(header, into)) return decode_json_owned(header, into);
  if (shapes != nullptr) shapes->learn(header, into);
  return {};
}

base::Result<> decode(base::BytesView frame, CommandView& into, HeaderShapes* shapes) {
  const auto size = frame_size(frame);
  if (size.has_error()) return size.error();
  if (!*size || **size != frame.size()) return broken();
  const auto mark = base::load_big<std::uint32_t>(frame.data() + 4);
  const auto header = frame.subspan(kFixedSize, mark & kHeaderSizeMask);

  reset(into);
  const auto body = frame.subspan(kFixedSize + header.size());
  base::Result<> done = broken();
  switch (mark >> 24) {
    case static_cast<std::uint32_t>(Serialize::json):
      into.serialize = Serialize::json;
      done = decode_json(base::text_of(header), into, shapes);
      break;
    case static_cast<std::uint32_t>(Serialize::binary):
      into.serialize = Serialize::binary;
      done = decode_binary(header, into);
      break;
    default:
      break;
  }
  into.body = body;
  return done;
}

}  // namespace

std::optional<std::string_view> Command::find(std::string_view key) const {
  const auto found =
      std::find_if(ext.rbegin(), ext.rend(), [&](const auto& field) { return field.first == key; });
  if (found == ext.rend()) return std::nullopt;
  return found->second;
}

void Command::set(std::string_view key, std::string value) {
  const auto found =
      std::find_if(ext.begin(), ext.end(), [&](const auto& field) { return field.first == key; });
  if (found != ext.end()) {
    found->second = std::move(value);
  } else {
    ext.emplace_back(key, std::move(value));
  }
}

const FieldView* CommandView::find(std::string_view key) const {
  for (std::size_t i = field_count; i-- > 0;) {
    const std::string_view name = fields[i].key;
    // Most differ in the first byte already, and a call to memcmp costs more than a look.
    if (name.size() != key.size() || (!key.empty() && name.front() != key.front())) continue;
    if (name == key) return &fields[i];
  }
  return nullptr;
}

bool unescape_to(std::string& out, const FieldView& field) {
  if (!field.escaped) {
    out.append(field.value);
    return true;
  }
  const std::size_t before = out.size();
  bool good = false;
  out.resize_and_overwrite(before + field.value.size() + kUnescapeSlack, [&](char* data, std::size_t) {
    const char* const end = unescape(data + before, field.value);
    good = end != nullptr;
    return good ? static_cast<std::size_t>(end - data) : before;
  });
  return good;
}

base::Result<std::optional<std::size_t>> frame_size(base::BytesView bytes) {
  if (bytes.size() < kFixedSize) return std::optional<std::size_t>{};
  const auto total = base::load_big<std::int32_t>(bytes.data());
  const std::size_t header_size = base::load_big<std::uint32_t>(bytes.data() + 4) & kHeaderSizeMask;
  if (total < 4 || static_cast<std::size_t>(total) + 4 > kFrameSizeMax) return broken();
  if (header_size > static_cast<std::size_t>(total) - 4) return broken();
  return std::optional<std::size_t>{static_cast<std::size_t>(total) + 4};
}

void reset(CommandView& view) {
  view.code = view.version = view.opaque = view.flag = 0;
  view.language = view.remark = {};
  view.body = {};
  view.field_count = 0;
  view.owned.reset();
}

base::Result<> decode(base::BytesView frame, CommandView& into) { return decode(frame, into, nullptr); }

base::Result<> decode(base::BytesView frame, CommandView& into, HeaderShapes& shapes) {
  return decode(frame, into, &shapes);
}

base::Result<Command> decode(base::BytesView frame) {
  CommandView view;
  if (const auto done = decode(frame, view); done.has_error()) return done.error();
  Command command{.code = view.code,
                  .language = std::string(view.language),
                  .version = view.version,
                  .opaque = view.opaque,
                  .flag = view.flag,
                  .remark = std::string(view.remark),
                  .ext = {},
                  .body = std::string(base::text_of(view.body)),
                  .serialize = view.serialize};
  command.ext.reserve(view.field_count);
  for (const FieldView& field : view.ext()) {
    auto& [key, value] = command.ext.emplace_back(field.key, std::string());
    if (!unescape_to(value, field)) return broken();
  }
  return command;
}

void encode(const Command& command, base::Bytes& out) {
  if (command.serialize == Serialize::binary && fits_binary(command)) return encode_binary(command, out);
  append_json(
      json_header_size_max(command), [&command](char* to) { return put_json_header(to, command); },
      base::bytes_of(command.body), out);
}

void encode(const ResponseView& response, base::Bytes& out) {
  append_json(
      response_header_size_max(response), [&response](char* to) { return put_response_header(to, response); },
      response.body, out);
}

}  // namespace mq::protocol
