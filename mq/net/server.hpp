#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mq/base/strong.hpp"
#include "mq/model/record.hpp"
#include "mq/net/loop.hpp"
#include "mq/protocol/command.hpp"

namespace mq::net {

// Names one connection for good; never used again after it closed.
using ConnectionKey = base::Strong<struct ConnectionKeyTag, std::uint64_t>;

class TlsContext;

// Who may come in how, on one and the same port: whose first byte begins a TLS handshake, and who speaks
// plainly.
enum class TlsMode : std::uint8_t { disabled, permissive, enforcing };

struct ServerOptions {
  std::size_t connections_max = 16'384;
  std::chrono::seconds idle_max{120};              // neither read nor write: closed, as upstream
  std::size_t unsent_max = std::size_t{32} << 20;  // answers waiting for a slow reader: stop reading it
  std::chrono::seconds slow_reader_max{60};        // and no byte taken for so long: closed
  std::chrono::seconds handshake_max{10};          // from its first byte; enforcing: from its connect
  // Buffers of all connections together. Above it new connections are refused and nothing is read until
  // clients have taken their answers.
  std::size_t memory_max = std::size_t{1} << 30;
};

struct Peer {
  ConnectionKey connection;
  Host remote;
  Host local;  // the address the client connected to: routes follow it
};

class Server;

// The way back for one request. Answer once, now or later; a one-way request or a connection that
// is gone swallows the answer. Cheap to copy and to keep.
struct Reply {
  Server* server = nullptr;
  ConnectionKey connection;
  std::int32_t opaque = 0;
  bool oneway = false;
  bool watched = false;      // Server::watch() hears the answer, also one that never leaves
  bool intercepted = false;  // Server::intercept() gets the answer in place of the client

  void operator()(const protocol::ResponseView& response) const;  // opaque is filled in
};

// Remoting server on any number of listeners, for the hot thread. Requests are handed to `handler`
// as views into the read buffer, valid for the call only; answers collect per connection and leave in one
// write per loop pass. Reading runs as an input hook of the loop and writing as an output hook, so what work
// hooks answer leaves in the same pass. Frames that make no sense end the connection, and so
// does TLS where it is disabled, and anything else where it is enforced.
//
// `closed` is told once of each connection that ends before stop(), never from within a call into the server.
// A handler that throws is logged and answered with code 1 and the exception's text.
//
// Invariant: unsent answers of one connection stay below about twice unsent_max, or it is closed.
// Thread rule: the loop's thread only; the loop must run() for anything to happen, and outlive the server.
class Server {
 public:
  using Handler = std::function<void(const protocol::CommandView& request, const Peer& peer, Reply reply)>;
  using ClosedHandler = std::function<void(const Peer& peer)>;

  Server(Loop& loop, ServerOptions options, Handler handler, ClosedHandler closed);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds and listens; port 0 takes a free one. Returns the bound port. Throws
  // boost::system::system_error (address in use, no such address, no right).
  std::uint16_t listen(const std::string& ip, std::uint16_t port);

  // From the next connection on; those that are there go on as they began. Disabled, as it is at first, needs
  // no context.
  void secure(std::shared_ptr<const TlsContext> context, TlsMode mode);

  void respond(const Reply& reply, const protocol::ResponseView& response);
  // A one-way request of the server's own (such as code 40); dropped when the connection is gone.
  void send_oneway(ConnectionKey connection, const protocol::Command& command);
  // A request of the server's own that wants an answer. `then` runs once: with the answer, valid for the call
  // only, or with nothing when none came within the limit (to a quarter of a second), the connection is or
  // goes away, or too many such requests are open. It may run before call() returns, and not after stop().
  using Answered = std::function<void(const protocol::CommandView* answer)>;
  void call(ConnectionKey connection, const protocol::Command& command, std::chrono::milliseconds limit,
            Answered then);
  // Hears the answers to watched replies before they are sent.
  using Watcher = std::function<void(const Reply& reply, const protocol::ResponseView& response)>;
  void watch(Watcher watcher);
  // Every open call hears now that no answer came.
  void fail_calls();

  // Gets the answers whose Reply is marked `intercepted` and decides what becomes of them; respond() sends
  // one. Runs within whatever answers.
  using Interceptor = std::function<void(const Reply& reply, const protocol::ResponseView& response)>;
  void intercept(Interceptor interceptor) { interceptor_ = std::move(interceptor); }
  // What was answered before is offered to the socket once more.
  void close(ConnectionKey connection);

  void stop_accepting();
  void stop();  // closes everything; neither handler runs afterwards

  struct Stats {
    std::uint64_t connections = 0, accepted = 0, refused = 0, malformed = 0, requests = 0;
    std::uint64_t handshakes = 0, handshakes_failed = 0;  // TLS
    std::uint64_t bytes_in = 0, bytes_out = 0, buffered = 0;
  };
  [[nodiscard]] Stats stats() const;

 private:
  friend struct Reply;
  class Impl;
  Interceptor interceptor_;
  std::shared_ptr<Impl> impl_;  // the loop's hooks look whether it is still there
};

}  // namespace mq::net
