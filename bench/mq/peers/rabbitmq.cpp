#include "bench/mq/peers/rabbitmq.hpp"

#include <unistd.h>

#include <fstream>
#include <map>
#include <stdexcept>
#include <vector>

#include "bench/mq/load.hpp"
#include "bench/mq/peers/amqp.hpp"

namespace bench {
namespace {

std::string queue_name(std::size_t queue) { return "bench" + std::to_string(queue); }

void hello(int fd) {
  send_all(fd, std::string("AMQP\0\0\x09\x01", 8));
  amqp::expect(fd, amqp::kConnectionStart);
  send_all(fd, amqp::start_ok("guest", "guest"));
  amqp::expect(fd, amqp::kConnectionTune);
  send_all(fd, amqp::tune_ok() + amqp::open("/"));
  amqp::expect(fd, amqp::kConnectionOpenOk);
  send_all(fd, amqp::channel_open());
  amqp::expect(fd, amqp::kChannelOpenOk);
}

void declare_queues(std::uint16_t port, const std::string& type) {
  const Socket server({port});
  hello(server.fd());
  for (std::size_t queue = 0; queue < kQueues; ++queue) {
    send_all(server.fd(), amqp::declare(queue_name(queue), type));
    amqp::expect(server.fd(), amqp::kQueueDeclareOk);
  }
}

// A confirm names the number of a publish on its channel, and perhaps all before it too.
class Publishes final : public Traffic {
 public:
  Publishes() {
    const auto body = stamped_body(kBodySize);
    for (std::size_t queue = 0; queue < kQueues; ++queue) {
      frames_.emplace_back(amqp::publish(queue_name(queue), body));
    }
  }
  void greet(std::size_t, int fd) override {
    hello(fd);
    send_all(fd, amqp::confirm_select());
    amqp::expect(fd, amqp::kConfirmSelectOk);
  }
  bool request(const Ask& ask, base::Bytes& out) override {
    frames_[next_++ % frames_.size()].append_to(out, {.stamp_ns = ask.stamp_ns});
    auto& channel = channels_[ask.connection];
    channel.waiting.emplace(++channel.last, ask.opaque);
    return true;
  }
  std::size_t answers(std::size_t connection, base::BytesView received, Brought& brought,
                      const Answered& answered) override {
    auto& waiting = channels_[connection].waiting;
    std::size_t done = 0;
    while (const auto frame = amqp::first_frame(received.subspan(done))) {
      done += frame->size;
      if (frame->method != amqp::kBasicAck && frame->method != amqp::kBasicNack) continue;
      const auto first = frame->multiple ? waiting.begin() : waiting.find(frame->tag);
      const auto last = waiting.upper_bound(frame->tag);
      const std::vector<std::pair<std::uint64_t, std::int32_t>> settled(first, last);
      waiting.erase(first, last);
      for (const auto& [tag, opaque] : settled) {
        if (frame->method == amqp::kBasicAck) {
          ++brought.messages;
          brought.payload += kBodySize;
        } else {
          ++brought.refused;
        }
        answered(opaque);
      }
    }
    return done;
  }

 private:
  struct Channel {
    std::uint64_t last = 0;
    std::map<std::uint64_t, std::int32_t> waiting;
  };
  std::vector<DigitTemplate> frames_;
  std::size_t next_ = 0;
  std::map<std::size_t, Channel> channels_;
};

// RabbitMQ delivers unasked, as long as not too much is unacknowledged: what is "asked" here are
// acknowledgements.
class Deliveries final : public Traffic {
 public:
  Deliveries(Arrivals& arrivals, bool stream)
      : arrivals_(arrivals), stream_(stream), last_tags_(kQueues, 0) {}
  void greet(std::size_t connection, int fd) override {
    constexpr std::uint16_t kUnacknowledged = 1000;
    hello(fd);
    send_all(fd, amqp::prefetch(kUnacknowledged));
    amqp::expect(fd, amqp::kBasicQosOk);
    send_all(fd, amqp::consume(queue_name(connection), stream_));
    amqp::expect(fd, amqp::kBasicConsumeOk);
  }
  bool request(const Ask& ask, base::Bytes& out) override {
    if (last_tags_[ask.connection] == 0) return false;
    const auto text = amqp::acknowledge(last_tags_[ask.connection]);
    const auto bytes = base::bytes_of(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
    return true;
  }
  std::size_t answers(std::size_t connection, base::BytesView received, Brought& brought,
                      const Answered& answered) override {
    std::size_t done = 0;
    const auto before = last_tags_[connection];
    while (const auto frame = amqp::first_frame(received.subspan(done))) {
      done += frame->size;
      if (frame->method == amqp::kBasicDeliver) last_tags_[connection] = frame->tag;
    }
    const auto messages = arrivals_.see(base::text_of(received.first(done)), now_ns());
    brought.messages += messages;
    brought.payload += messages * kBodySize;
    if (last_tags_[connection] != before) answered(0);
    return done;
  }

 private:
  Arrivals& arrivals_;
  bool stream_;
  std::vector<std::uint64_t> last_tags_;
};

}  // namespace

RabbitMq::RabbitMq(const Setup& setup) : sync_(setup.sync), port_(free_port()) {
  std::filesystem::create_directories(setup.folder);
  const auto config = setup.folder / "rabbitmq";
  std::ofstream(config.string() + ".conf")
      << "listeners.tcp.1 = 127.0.0.1:" << port_ << "\nvm_memory_high_watermark.relative = 0.6\n";
  const auto distribution = std::to_string(free_port());
  // Names and ports of this run's own: another one may be there.
  process_ =
      start_server(setup, "rabbitmq-server", {},
                   {{"RABBITMQ_NODENAME", "sluice-bench-" + std::to_string(::getpid()) + "@localhost"},
                    {"RABBITMQ_BASE", setup.folder.string()},
                    {"RABBITMQ_MNESIA_BASE", (setup.folder / "mnesia").string()},
                    {"RABBITMQ_LOG_BASE", (setup.folder / "log").string()},
                    {"RABBITMQ_CONFIG_FILE", config.string()},
                    {"RABBITMQ_ENABLED_PLUGINS_FILE", (setup.folder / "plugins").string()},
                    {"RABBITMQ_DIST_PORT", distribution},
                    {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"},
                    {"ERL_EPMD_PORT", std::to_string(free_port())},
                    {"ERL_EPMD_ADDRESS", "127.0.0.1"},
                    {"HOME", setup.folder.string()}});
  seconds_to_ready_ =
      seconds_until([&] { declare_queues(port_, sync_ ? "quorum" : "stream"); }, std::chrono::seconds(150));
}

std::unique_ptr<Traffic> RabbitMq::sends() const { return std::make_unique<Publishes>(); }

std::unique_ptr<Traffic> RabbitMq::receives(Arrivals& arrivals) const {
  return std::make_unique<Deliveries>(arrivals, !sync_);
}

std::string RabbitMq::lacks(Feature feature) {
  switch (feature) {
    case Feature::batch:
      return "AMQP 0-9-1 publishes one message a request; several in flight are what 4 x 64 measures.";
    case Feature::delay:
      return "RabbitMQ delays messages by a plugin only that is not part of it.";
    case Feature::transactions:
      return "RabbitMQ has no half messages that wait for a decision, and quorum queues no channel "
             "transactions.";
  }
  return {};
}

std::string RabbitMq::promise() const {
  return sync_ ? "RabbitMQ quorum queues, publisher confirms" : "RabbitMQ streams, publisher confirms";
}

}  // namespace bench
