#include "bench/mq/peers/nats.hpp"

#include <charconv>
#include <stdexcept>

#include "bench/mq/sockets.hpp"

namespace bench {
namespace {

constexpr std::string_view kHello = "CONNECT {\"verbose\":false,\"no_responders\":true,\"headers\":true}\r\n";

std::string publish(const std::string& subject, const std::string& reply, const std::string& body) {
  return "PUB " + subject + " " + reply + " " + std::to_string(body.size()) + "\r\n" + body + "\r\n";
}

void make_stream(std::uint16_t port) {
  const Socket server(port);
  const std::string config =
      R"({"name":"BENCH","subjects":["bench.*"],"storage":"file","retention":"limits","discard":"old",)"
      R"("max_bytes":2147483648,"num_replicas":1})";
  send_all(server.fd(), std::string(kHello) + "SUB _INBOX.made 1\r\n" +
                            publish("$JS.API.STREAM.CREATE.BENCH", "_INBOX.made", config));
  const auto answer =
      receive_until(server.fd(), "\"type\":\"io.nats.jetstream.api.v1.stream_create_response\"");
  if (answer.contains("\"error\"")) throw std::runtime_error("NATS made no stream: " + answer);
}

// The reply subject names the request: "_INBOX.<connection>.<opaque>".
class Publishes final : public Traffic {
 public:
  void greet(std::size_t connection, int fd) override {
    send_all(fd, std::string(kHello) + "SUB _INBOX." + std::to_string(connection) + ".* 1\r\nPING\r\n");
    receive_until(fd, "PONG\r\n");
  }
  bool request(std::size_t connection, std::int32_t opaque, base::Bytes& out) override {
    const auto text = publish("bench." + std::to_string(next_++ % Sends::kQueues),
                              "_INBOX." + std::to_string(connection) + "." + std::to_string(opaque), body_);
    const auto bytes = base::bytes_of(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
    return true;
  }
  // "MSG _INBOX.0.17 1 42\r\n{...}\r\n", and "PING\r\n" now and then.
  std::size_t answers(std::size_t, base::BytesView received, Brought& brought,
                      const Answered& answered) override {
    const auto text = base::text_of(received);
    std::size_t done = 0;
    for (;;) {
      const auto end = text.find("\r\n", done);
      if (end == std::string_view::npos) return done;
      const auto line = text.substr(done, end - done);
      if (!line.starts_with("MSG ")) {
        done = end + 2;
        continue;
      }
      const auto size = number(line.substr(line.rfind(' ') + 1));
      const auto next = end + 2 + static_cast<std::size_t>(size) + 2;
      if (text.size() < next) return done;
      const bool refused = text.substr(end + 2, static_cast<std::size_t>(size)).contains("\"error\"");
      if (refused) {
        ++brought.refused;
      } else {
        ++brought.messages;
        brought.payload += Sends::kBodySize;
      }
      const auto subject = line.substr(4, line.find(' ', 4) - 4);
      done = next;
      answered(static_cast<std::int32_t>(number(subject.substr(subject.rfind('.') + 1))));
    }
  }

 private:
  static std::int64_t number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end == text.data()) throw std::runtime_error("NATS said something unknown");
    return value;
  }

  const std::string body_ = std::string(Sends::kBodySize, 'x');
  std::size_t next_ = 0;
};

}  // namespace

Nats::Nats(const Setup& setup) : port_(free_port()) {
  if (setup.sync) throw std::runtime_error("NATS answers before its sync: it has no workload to compare");
  process_ = start_server(setup, "nats-server",
                          {"--addr", "127.0.0.1", "--port", std::to_string(port_), "--jetstream",
                           "--store_dir", setup.folder.string()});
  seconds_to_ready_ = seconds_until([this] { make_stream(port_); }, std::chrono::seconds(20));
}

std::unique_ptr<Traffic> Nats::sends() const { return std::make_unique<Publishes>(); }

}  // namespace bench
