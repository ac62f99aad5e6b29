#include "bench/mq/peers/redis.hpp"

#include <charconv>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

#include "bench/mq/load.hpp"

namespace bench {
namespace {

std::string stream_of(std::size_t queue) { return "bench" + std::to_string(queue); }

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

// Answers come in the order of the requests and name none.
class StreamAdds final : public Traffic {
 public:
  StreamAdds() {
    // A stream for each queue; the oldest entries go, so that memory has an end.
    for (std::size_t queue = 0; queue < kQueues; ++queue) {
      requests_.emplace_back("*8\r\n" + bulk("XADD") + bulk(stream_of(queue)) + bulk("MAXLEN") + bulk("~") +
                             bulk("100000") + bulk("*") + bulk("b") + bulk(stamped_body(kBodySize)));
    }
  }
  bool request(const Ask& ask, base::Bytes& out) override {
    requests_[next_++ % requests_.size()].append_to(out, {.stamp_ns = ask.stamp_ns});
    waiting_[ask.connection].push_back(ask.opaque);
    return true;
  }
  // "$15\r\n1700000000000-0\r\n", or "-ERR words\r\n".
  std::size_t answers(std::size_t connection, base::BytesView received, Brought& brought,
                      const Answered& answered) override {
    const auto text = base::text_of(received);
    std::size_t done = 0;
    for (;;) {
      const auto end = text.find("\r\n", done);
      if (end == std::string_view::npos) return done;
      auto next = end + 2;
      if (text[done] == '$') {
        const auto second = text.find("\r\n", next);
        if (second == std::string_view::npos) return done;
        next = second + 2;
        ++brought.messages;
        brought.payload += kBodySize;
      } else {
        ++brought.refused;
      }
      auto& waiting = waiting_[connection];
      const auto opaque = waiting.front();
      waiting.pop_front();
      done = next;
      answered(opaque);
    }
  }

 private:
  std::vector<DigitTemplate> requests_;
  std::size_t next_ = 0;
  std::map<std::size_t, std::deque<std::int32_t>> waiting_;
};

// A value of RESP2 at `at`: its end, or nothing when it has not come whole. All its texts go to `texts`.
std::optional<std::size_t> value_end(std::string_view bytes, std::size_t at,
                                     std::vector<std::string_view>& texts) {
  const auto line = bytes.find("\r\n", at);
  if (line == std::string_view::npos) return std::nullopt;
  std::int64_t count = 0;
  std::from_chars(bytes.data() + at + 1, bytes.data() + line, count);
  auto end = line + 2;
  if (bytes[at] == '$' && count >= 0) {
    const auto size = static_cast<std::size_t>(count);
    if (bytes.size() < end + size + 2) return std::nullopt;
    texts.push_back(bytes.substr(end, size));
    return end + size + 2;
  }
  if (bytes[at] != '*') return end;
  for (; count > 0; --count) {
    const auto next = value_end(bytes, end, texts);
    if (!next) return std::nullopt;
    end = *next;
  }
  return end;
}

// A stream for each connection, read from its last entry on; without news Redis answers later.
class StreamReads final : public Traffic {
 public:
  explicit StreamReads(Arrivals& arrivals) : arrivals_(arrivals), last_ids_(kQueues, "0") {}
  bool request(const Ask& ask, base::Bytes& out) override {
    const auto text = "*8\r\n" + bulk("XREAD") + bulk("COUNT") + bulk("100") + bulk("BLOCK") + bulk("0") +
                      bulk("STREAMS") + bulk(stream_of(ask.connection)) + bulk(last_ids_[ask.connection]);
    const auto bytes = base::bytes_of(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
    return true;
  }
  // [[stream, [[id, [field, body]], ...]]]
  std::size_t answers(std::size_t connection, base::BytesView received, Brought& brought,
                      const Answered& answered) override {
    constexpr std::size_t kTextsAnEntry = 3;
    const auto bytes = base::text_of(received);
    std::vector<std::string_view> texts;
    const auto end = bytes.empty() ? std::nullopt : value_end(bytes, 0, texts);
    if (!end) return 0;
    if (texts.size() <= kTextsAnEntry) throw std::runtime_error("Redis said something unknown");
    last_ids_[connection] = texts[texts.size() - kTextsAnEntry];
    const auto messages = arrivals_.see(bytes.substr(0, *end), now_ns());
    brought.messages += messages;
    brought.payload += messages * kBodySize;
    answered(0);
    return *end;
  }

 private:
  Arrivals& arrivals_;
  std::vector<std::string> last_ids_;
};

}  // namespace

Redis::Redis(const Setup& setup) : sync_(setup.sync), port_(free_port()) {
  const std::string fsync = sync_ ? "always" : "everysec";
  process_ =
      start_server(setup, "redis-server",
                   {"--bind", "127.0.0.1", "--port", std::to_string(port_), "--dir", setup.folder.string(),
                    "--save", "", "--appendonly", "yes", "--appendfsync", fsync});
  seconds_to_ready_ = seconds_until([this] { const Socket there({port_}); }, std::chrono::seconds(20));
}

std::unique_ptr<Traffic> Redis::sends() const { return std::make_unique<StreamAdds>(); }

std::unique_ptr<Traffic> Redis::receives(Arrivals& arrivals) const {
  return std::make_unique<StreamReads>(arrivals);
}

std::string Redis::lacks(Feature feature) {
  switch (feature) {
    case Feature::batch:
      return "Redis adds one entry a command; several in flight are what 4 x 64 measures.";
    case Feature::delay:
      return "Redis streams have no delayed entries.";
    case Feature::transactions:
      return "Redis has no half messages that wait for a decision.";
  }
  return {};
}

std::string Redis::promise() const {
  return sync_ ? "Redis stream, appendfsync always" : "Redis stream, appendfsync everysec";
}

}  // namespace bench
