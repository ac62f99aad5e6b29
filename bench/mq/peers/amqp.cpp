#include "bench/mq/peers/amqp.hpp"

#include "bench/mq/load.hpp"

namespace bench::amqp {
namespace {

constexpr std::uint8_t kMethodFrame = 1, kHeaderFrame = 2, kBodyFrame = 3, kFrameEnd = 0xce;
constexpr std::size_t kFrameHead = 7;
constexpr std::uint16_t kChannel = 1;

class Writer {
 public:
  template <class Int>
  Writer& number(Int value) {
    base::Bytes bytes(sizeof value);
    base::store_big(bytes.data(), value);
    text_.append(base::text_of(bytes));
    return *this;
  }
  Writer& short_text(std::string_view text) {
    number(static_cast<std::uint8_t>(text.size()));
    text_.append(text);
    return *this;
  }
  Writer& long_text(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    text_.append(text);
    return *this;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string frame(std::uint8_t type, std::uint16_t channel, std::string_view payload) {
  Writer writer;
  writer.number(type).number(channel).long_text(payload).number(kFrameEnd);
  return writer.text();
}

Writer method(std::uint16_t of_class, std::uint16_t number) {
  Writer writer;
  writer.number(of_class).number(number);
  return writer;
}

}  // namespace

std::string start_ok(std::string_view user, std::string_view password) {
  auto writer = method(10, 11);
  std::string response("\0", 1);
  response.append(user).append("\0", 1).append(password);
  writer.long_text("").short_text("PLAIN").long_text(response).short_text("en_US");
  return frame(kMethodFrame, 0, writer.text());
}

std::string tune_ok() {
  auto writer = method(10, 31);
  writer.number(std::uint16_t{16}).number(std::uint32_t{131'072}).number(std::uint16_t{0});
  return frame(kMethodFrame, 0, writer.text());
}

std::string open(std::string_view host) {
  auto writer = method(10, 40);
  writer.short_text(host).short_text("").number(std::uint8_t{0});
  return frame(kMethodFrame, 0, writer.text());
}

std::string channel_open() {
  auto writer = method(20, 10);
  writer.short_text("");
  return frame(kMethodFrame, kChannel, writer.text());
}

std::string declare(std::string_view queue, std::string_view type) {
  Writer arguments;
  arguments.short_text("x-queue-type").number(std::uint8_t{'S'}).long_text(type);
  auto writer = method(50, 10);
  constexpr std::uint8_t kDurable = 2;
  writer.number(std::uint16_t{0}).short_text(queue).number(kDurable).long_text(arguments.text());
  return frame(kMethodFrame, kChannel, writer.text());
}

std::string confirm_select() {
  auto writer = method(85, 10);
  writer.number(std::uint8_t{0});
  return frame(kMethodFrame, kChannel, writer.text());
}

std::string publish(std::string_view queue, std::string_view body) {
  auto writer = method(60, 40);
  writer.number(std::uint16_t{0}).short_text("").short_text(queue).number(std::uint8_t{0});
  Writer header;
  constexpr std::uint16_t kDeliveryMode = 0x1000;
  constexpr std::uint8_t kPersistent = 2;
  header.number(std::uint16_t{60}).number(std::uint16_t{0}).number(static_cast<std::uint64_t>(body.size()));
  header.number(kDeliveryMode).number(kPersistent);
  return frame(kMethodFrame, kChannel, writer.text()) + frame(kHeaderFrame, kChannel, header.text()) +
         frame(kBodyFrame, kChannel, body);
}

std::string prefetch(std::uint16_t count) {
  auto writer = method(60, 10);
  writer.number(std::uint32_t{0}).number(count).number(std::uint8_t{0});
  return frame(kMethodFrame, kChannel, writer.text());
}

std::string consume(std::string_view queue, bool stream) {
  Writer arguments;
  if (stream) arguments.short_text("x-stream-offset").number(std::uint8_t{'S'}).long_text("first");
  auto writer = method(60, 20);
  writer.number(std::uint16_t{0}).short_text(queue).short_text("").number(std::uint8_t{0});
  writer.long_text(arguments.text());
  return frame(kMethodFrame, kChannel, writer.text());
}

std::string acknowledge(std::uint64_t tag) {
  constexpr std::uint8_t kMultiple = 1;
  auto writer = method(60, 80);
  writer.number(tag).number(kMultiple);
  return frame(kMethodFrame, kChannel, writer.text());
}

std::optional<Frame> first_frame(base::BytesView bytes) {
  base::ByteReader reader(bytes);
  const auto type = reader.number<std::uint8_t>();
  reader.number<std::uint16_t>();
  const auto size = reader.number<std::uint32_t>();
  if (!reader.ok() || reader.left() < std::size_t{size} + 1) return std::nullopt;
  Frame frame{kFrameHead + size + 1};
  if (type != kMethodFrame) return frame;
  frame.method = reader.number<std::uint32_t>();
  if (frame.method == kBasicAck || frame.method == kBasicNack) {
    frame.tag = reader.number<std::uint64_t>();
    frame.multiple = (reader.number<std::uint8_t>() & 1U) != 0;
  }
  if (frame.method == kBasicDeliver) {
    reader.take(reader.number<std::uint8_t>());  // whom it is for
    frame.tag = reader.number<std::uint64_t>();
  }
  return frame;
}

void expect(int fd, std::uint32_t method) {
  for (;;) {
    auto text = receive_exactly(fd, kFrameHead);
    const auto size = base::load_big<std::uint32_t>(base::bytes_of(text).data() + 3);
    text += receive_exactly(fd, std::size_t{size} + 1);
    const auto frame = first_frame(base::bytes_of(text));
    if (frame && frame->method == method) return;
  }
}

}  // namespace bench::amqp
