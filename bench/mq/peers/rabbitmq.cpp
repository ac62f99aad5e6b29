#include "bench/mq/peers/rabbitmq.hpp"

#include <unistd.h>

#include <fstream>
#include <map>
#include <stdexcept>
#include <vector>

#include "bench/mq/peers/amqp.hpp"
#include "bench/mq/sockets.hpp"

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
  const Socket server(port);
  hello(server.fd());
  for (std::size_t queue = 0; queue < Sends::kQueues; ++queue) {
    send_all(server.fd(), amqp::declare(queue_name(queue), type));
    amqp::expect(server.fd(), amqp::kQueueDeclareOk);
  }
}

// A confirm names the number of a publish on its channel, and perhaps all before it too.
class Publishes final : public Traffic {
 public:
  Publishes() {
    const std::string body(Sends::kBodySize, 'x');
    for (std::size_t queue = 0; queue < Sends::kQueues; ++queue) {
      frames_.push_back(amqp::publish(queue_name(queue), body));
    }
  }
  void greet(std::size_t, int fd) override {
    hello(fd);
    send_all(fd, amqp::confirm_select());
    amqp::expect(fd, amqp::kConfirmSelectOk);
  }
  bool request(std::size_t connection, std::int32_t opaque, base::Bytes& out) override {
    const auto bytes = base::bytes_of(frames_[next_++ % frames_.size()]);
    out.insert(out.end(), bytes.begin(), bytes.end());
    auto& channel = channels_[connection];
    channel.waiting.emplace(++channel.last, opaque);
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
          brought.payload += Sends::kBodySize;
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
  std::vector<std::string> frames_;
  std::size_t next_ = 0;
  std::map<std::size_t, Channel> channels_;
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
      seconds_until([&] { declare_queues(port_, sync_ ? "quorum" : "stream"); }, std::chrono::seconds(60));
}

std::unique_ptr<Traffic> RabbitMq::sends() const { return std::make_unique<Publishes>(); }

std::string RabbitMq::promise() const {
  return sync_ ? "RabbitMQ quorum queues, publisher confirms" : "RabbitMQ streams, publisher confirms";
}

}  // namespace bench
