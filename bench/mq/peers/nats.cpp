#include "bench/mq/peers/nats.hpp"

#include <charconv>
#include <stdexcept>
#include <vector>

#include "bench/mq/load.hpp"

namespace bench {
namespace {

constexpr std::string_view kHello = "CONNECT {\"verbose\":false,\"no_responders\":true,\"headers\":true}\r\n";

std::string publish(const std::string& subject, const std::string& reply, const std::string& body) {
  return "PUB " + subject + " " + reply + " " + std::to_string(body.size()) + "\r\n" + body + "\r\n";
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data()) throw std::runtime_error("NATS said something unknown");
  return value;
}

// A request to its API. Throws when the answer says no.
void call(const Socket& server, const std::string& subject, const std::string& body) {
  send_all(server.fd(), std::string(kHello) + "SUB _INBOX.api 1\r\n" + publish(subject, "_INBOX.api", body));
  receive_until(server.fd(), "MSG _INBOX.api 1 ");
  auto size = receive_until(server.fd(), "\r\n");
  size.resize(size.size() - 2);
  const auto answer = receive_exactly(server.fd(), static_cast<std::size_t>(number(size)));
  if (answer.contains("\"error\"")) throw std::runtime_error("NATS refused " + subject + ": " + answer);
}

void make_stream(std::uint16_t port) {
  call(Socket({port}), "$JS.API.STREAM.CREATE.BENCH",
       R"({"name":"BENCH","subjects":["bench.*"],"storage":"file","retention":"limits","discard":"old",)"
       R"("max_bytes":2147483648,"num_replicas":1})");
}

// One for each subject, which tells nobody how far it has come.
void make_consumers(std::uint16_t port) {
  for (int queue = 0; queue < kQueues; ++queue) {
    const auto name = "c" + std::to_string(queue);
    auto config = R"({"durable_name":")" + name + R"(","ack_policy":"none","deliver_policy":"all",)";
    config += R"("replay_policy":"instant","filter_subject":"bench.)" + std::to_string(queue) + "\"}";
    call(Socket({port}), "$JS.API.CONSUMER.DURABLE.CREATE.BENCH." + name,
         R"({"stream_name":"BENCH","config":)" + config + "}");
  }
}

// The reply subject names the request: "_INBOX.<connection>.<opaque>".
class Publishes final : public Traffic {
 public:
  void greet(std::size_t connection, int fd) override {
    send_all(fd, std::string(kHello) + "SUB _INBOX." + std::to_string(connection) + ".* 1\r\nPING\r\n");
    receive_until(fd, "PONG\r\n");
  }
  bool request(const Ask& ask, base::Bytes& out) override {
    const auto head = "PUB bench." + std::to_string(next_++ % kQueues) + " _INBOX." +
                      std::to_string(ask.connection) + "." + std::to_string(ask.opaque) + " " +
                      std::to_string(kBodySize) + "\r\n";
    const auto bytes = base::bytes_of(head);
    out.insert(out.end(), bytes.begin(), bytes.end());
    body_.append_to(out, {.stamp_ns = ask.stamp_ns});
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
        brought.payload += kBodySize;
      }
      const auto subject = line.substr(4, line.find(' ', 4) - 4);
      done = next;
      answered(static_cast<std::int32_t>(number(subject.substr(subject.rfind('.') + 1))));
    }
  }

 private:
  const DigitTemplate body_{stamped_body(kBodySize) + "\r\n"};
  std::size_t next_ = 0;
};

// A consumer for each connection, which asks for so many messages and then for as many again.
class Fetches final : public Traffic {
 public:
  explicit Fetches(Arrivals& arrivals) : arrivals_(arrivals), left_(kQueues, 0) {}
  void greet(std::size_t, int fd) override {
    send_all(fd, std::string(kHello) + "SUB _INBOX.fetch 1\r\nPING\r\n");
    receive_until(fd, "PONG\r\n");
  }
  bool request(const Ask& ask, base::Bytes& out) override {
    const auto text = publish(
        "$JS.API.CONSUMER.MSG.NEXT.BENCH.c" + std::to_string(ask.connection), "_INBOX.fetch",
        R"({"batch":)" + std::to_string(kBatch) + R"(,"expires":)" + std::to_string(kExpiresNs) + "}");
    const auto bytes = base::bytes_of(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
    left_[ask.connection] = kBatch;
    return true;
  }
  // "MSG bench.0 1 $JS.ACK... 1024\r\n...\r\n", or without news, in the end, "HMSG _INBOX.fetch 1 28 28\r\n
  // NATS/1.0 408 Request Timeout\r\n\r\n\r\n".
  std::size_t answers(std::size_t connection, base::BytesView received, Brought& brought,
                      const Answered& answered) override {
    const auto text = base::text_of(received);
    std::size_t done = 0;
    for (;;) {
      const auto end = text.find("\r\n", done);
      if (end == std::string_view::npos) return done;
      const auto line = text.substr(done, end - done);
      const bool message = line.starts_with("MSG "), status = line.starts_with("HMSG ");
      if (!message && !status) {
        done = end + 2;
        continue;
      }
      const auto size = static_cast<std::size_t>(number(line.substr(line.rfind(' ') + 1)));
      const auto next = end + 2 + size + 2;
      if (text.size() < next) return done;
      if (message) {
        arrivals_.see(text.substr(end + 2, size), now_ns());
        ++brought.messages;
        brought.payload += size;
        --left_[connection];
      }
      done = next;
      if (status || left_[connection] == 0) answered(0);
    }
  }

 private:
  static constexpr int kBatch = 256;
  static constexpr std::int64_t kExpiresNs = 15'000'000'000;
  Arrivals& arrivals_;
  std::vector<int> left_;  // by connection
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

std::unique_ptr<Traffic> Nats::receives(Arrivals& arrivals) const {
  make_consumers(port_);
  return std::make_unique<Fetches>(arrivals);
}

std::string Nats::lacks(Feature feature) {
  switch (feature) {
    case Feature::batch:
      return "JetStream publishes one message a request; several in flight are what 4 x 64 measures.";
    case Feature::delay:
      return "JetStream 2.9 has no delayed messages.";
    case Feature::transactions:
      return "JetStream has no transactional messages.";
  }
  return {};
}

}  // namespace bench
