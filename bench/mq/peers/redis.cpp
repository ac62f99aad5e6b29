#include "bench/mq/peers/redis.hpp"

#include <map>
#include <stdexcept>

#include "bench/mq/sockets.hpp"

namespace bench {
namespace {

// Answers come in the order of the requests and name none.
class StreamAdds final : public Traffic {
 public:
  StreamAdds() {
    const std::string body(Sends::kBodySize, 'x');
    // A stream for each queue; the oldest entries go, so that memory has an end.
    for (int queue = 0; queue < Sends::kQueues; ++queue) {
      requests_.push_back("*8\r\n$4\r\nXADD\r\n$6\r\nbench" + std::to_string(queue) +
                          "\r\n$6\r\nMAXLEN\r\n$1\r\n~\r\n$6\r\n100000\r\n$1\r\n*\r\n$1\r\nb\r\n$1024\r\n" +
                          body + "\r\n");
    }
  }
  bool request(std::size_t connection, std::int32_t opaque, base::Bytes& out) override {
    const auto bytes = base::bytes_of(requests_[next_++ % requests_.size()]);
    out.insert(out.end(), bytes.begin(), bytes.end());
    waiting_[connection].push_back(opaque);
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
        brought.payload += Sends::kBodySize;
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
  std::vector<std::string> requests_;
  std::size_t next_ = 0;
  std::map<std::size_t, std::deque<std::int32_t>> waiting_;
};

}  // namespace

Redis::Redis(const Setup& setup) : sync_(setup.sync), port_(free_port()) {
  const std::string fsync = sync_ ? "always" : "everysec";
  process_ =
      start_server(setup, "redis-server",
                   {"--bind", "127.0.0.1", "--port", std::to_string(port_), "--dir", setup.folder.string(),
                    "--save", "", "--appendonly", "yes", "--appendfsync", fsync});
  seconds_to_ready_ = seconds_until([this] { const Socket there(port_); }, std::chrono::seconds(20));
}

std::unique_ptr<Traffic> Redis::sends() const { return std::make_unique<StreamAdds>(); }

std::string Redis::promise() const {
  return sync_ ? "Redis stream, appendfsync always" : "Redis stream, appendfsync everysec";
}

}  // namespace bench
