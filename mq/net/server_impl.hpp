#pragma once
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "mq/net/poller.hpp"
#include "mq/net/server.hpp"
#include "mq/net/server_connection.hpp"
#include "mq/protocol/header_shapes.hpp"

namespace mq::net {

// The server in six files, along the way of a request: server_accept.cpp, server_input.cpp, server_tls.cpp
// for what comes and goes sealed, server_output.cpp, server_calls.cpp for requests the other way, and
// server_limits.cpp for connections that are not read for a while or have to go.
//
// A connection is freed at the end of a pass only (graveyard_): handlers may close the one they serve.
class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(Loop& loop, ServerOptions options, Handler handler, ClosedHandler closed);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start(Server* server);  // enters the loop
  std::uint16_t listen(const std::string& ip, std::uint16_t port);
  void secure(std::shared_ptr<const TlsContext> context, TlsMode mode);
  void respond(ConnectionKey key, const protocol::ResponseView& response);
  void send_oneway(ConnectionKey key, protocol::Command command);
  void call(ConnectionKey key, protocol::Command command, std::chrono::milliseconds limit, Answered then);
  void fail_calls();
  void close(ConnectionKey key);
  Watcher watcher;
  void stop_accepting();
  void stop();
  [[nodiscard]] Stats stats() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Connection = ServerConnection;
  enum class Trouble : std::uint8_t { length, header, tls, plain, shortage, full };

  // server_accept.cpp
  void accept(int listener);
  void admit(int socket, const Peer& peer);
  void refuse(int socket);
  [[nodiscard]] bool is_listener(int fd) const;
  void pause_accepting(int why);
  void resume_accepting();

  // server_input.cpp
  bool input();
  void wait_for_sockets();
  void handle(const epoll_event& event);
  void read(Connection& connection);
  void consume(Connection& connection, base::BytesView bytes);
  void consume_plain(Connection& connection, base::BytesView bytes);
  bool complete_frame(Connection& connection, base::BytesView& bytes);
  void parse(Connection& connection, base::BytesView bytes);
  void dispatch(Connection& connection, base::BytesView frame);
  void serve_waiting(Clock::time_point until);
  void reject(Connection& connection, Trouble kind);

  // server_tls.cpp
  void greet(Connection& connection, base::BytesView first);
  void consume_sealed(Connection& connection, base::BytesView bytes);
  [[nodiscard]] bool is_late(const Connection& connection) const;

  // server_output.cpp
  bool output();
  void flush(Connection& connection);
  void mark_dirty(Connection& connection);
  void end(Connection& connection);
  void announce_closed();

  // server_calls.cpp
  void answered(ConnectionKey key, const protocol::CommandView& answer);
  void expire_calls();
  void fail_calls(ConnectionKey gone);

  // server_limits.cpp
  void account(Connection& connection);
  void update_interest(Connection& connection);
  void hold(Connection& connection);
  void release(Connection& connection);
  void starve(Connection& connection);
  void feed_starved();
  void make_wait(Connection& connection);
  void inspect_some();
  void inspect(Connection& connection);
  void end_silent();
  void touched(Connection& connection);

  [[nodiscard]] bool may_complain(Trouble kind);
  [[nodiscard]] Connection* find(ConnectionKey key) const;

  Loop& loop_;
  const ServerOptions options_;
  const Handler handler_;
  const ClosedHandler closed_;
  Server* server_ = nullptr;

  Poller poller_;
  boost::asio::posix::stream_descriptor sockets_ready_;  // the poller's descriptor in the main loop
  boost::asio::steady_timer inspection_;
  boost::asio::steady_timer accept_pause_;
  std::vector<int> listeners_;

  // Connections by slot. A key is serial << kSlotBits | slot, so that a lookup is one array access.
  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::uint64_t last_serial_ = 0;
  // So that a look at thousands of idle connections costs as much as there are ones to end.
  template <Connection::Hook Connection::* Member>
  using List =
      boost::intrusive::list<Connection, boost::intrusive::member_hook<Connection, Connection::Hook, Member>,
                             boost::intrusive::constant_time_size<false>>;
  List<&Connection::by_activity> by_activity_;
  List<&Connection::with_memory> with_memory_;
  List<&Connection::ungreeted> ungreeted_;

  std::span<const epoll_event> events_;  // not handled yet
  bool polling_ = false;                 // sockets may be ready: ask the poller in the next pass
  bool armed_ = false;                   // the main loop will tell when they are
  std::deque<ConnectionKey> waiting_;    // have whole frames in `in`
  std::vector<ConnectionKey> starved_;
  std::vector<Connection*> dirty_;
  std::vector<std::unique_ptr<Connection>> graveyard_;

  std::unique_ptr<std::byte[]> read_buffer_;  // shared by all: requests are parsed where they arrive
  base::Bytes plain_;                         // what the bytes of one read said, of a TLS connection
  std::shared_ptr<const TlsContext> tls_;
  TlsMode tls_mode_ = TlsMode::disabled;
  protocol::CommandView view_;  // 5 KiB, not built anew for each request
  protocol::HeaderShapes shapes_;
  Clock::time_point now_;
  std::array<Clock::time_point, 6> next_complaint_;  // by Trouble
  struct Call {
    Clock::time_point deadline;
    Answered then;
  };
  std::map<std::pair<ConnectionKey, std::int32_t>, Call> calls_;  // by connection and opaque
  std::int32_t last_opaque_ = 0;
  Stats stats_;
  bool accepting_ = true;
  bool stopped_ = false;
};

// Of a ClientHello. No frame begins so: its length would be beyond kFrameSizeMax.
inline constexpr std::byte kTlsFirstByte{0x16};
inline constexpr unsigned kSlotBits = 20;
inline constexpr std::uint64_t kSlotMask = (std::uint64_t{1} << kSlotBits) - 1;
inline constexpr std::uint64_t kListenerBit = std::uint64_t{1} << 63;  // of a token: not a connection

}  // namespace mq::net
