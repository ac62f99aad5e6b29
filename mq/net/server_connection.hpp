#pragma once
#include <boost/intrusive/list_hook.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "mq/base/bytes.hpp"
#include "mq/net/server.hpp"
#include "mq/net/tls.hpp"

namespace mq::net {

// The socket and the buffers of one client, and why it is not read at the moment. Decides nothing.
//
// With a TLS session, `in` and `out` are what is said and the session's wire() is what leaves.
//
// Invariant: sent <= out.size(); a closed connection has no socket.
struct ServerConnection {
  // In a list as long as it lives, or until it is taken off.
  using Hook = boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

  using Clock = std::chrono::steady_clock;

  ServerConnection(int socket, const Peer& who, Clock::time_point now)
      : fd(socket), peer(who), since(now), active(now), progress(now) {}
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  [[nodiscard]] std::size_t unsent() const {
    return out.size() - sent + (tls ? tls->wire().size() - wire_sent : 0);
  }
  [[nodiscard]] std::size_t memory() const {
    return in.capacity() + out.capacity() + (tls ? tls->memory() : 0);
  }
  [[nodiscard]] bool closed() const { return fd < 0; }
  void close_socket();

  // One send() of what is unsent; of a TLS session as much as takes a fraction of a millisecond to seal.
  enum class Sent : std::uint8_t { all, some, broken };
  Sent send_once(Clock::time_point now);
  // Before the socket is closed: what is unsent once more, and TLS's goodbye.
  void send_last(Clock::time_point now);
  // Room for an answer of about `size` bytes, growing in leaps: codecs reserve exactly.
  void make_room(std::size_t size);
  // Gives back memory that only a burst needed.
  void release_idle_memory();

 private:
  Sent send_sealed(Clock::time_point now);
  // One send() of bytes; how many went, or nothing when the connection broke.
  std::optional<std::size_t> give(base::BytesView bytes, Clock::time_point now);
  void forget_sent();

 public:
  int fd;
  const Peer peer;
  base::Bytes in;   // the front of a frame that has not come whole, or frames that must wait
  base::Bytes out;  // answers; the first `sent` bytes have left
  std::size_t sent = 0;
  std::unique_ptr<TlsSession> tls;
  std::size_t wire_sent = 0;    // of the session's wire()
  std::uint64_t written = 0;    // bytes that the socket took, ever
  std::size_t accounted = 0;    // memory() when it was last added up
  Clock::time_point since;      // its connect, or the first byte of its handshake
  Clock::time_point active;     // last byte in or out
  Clock::time_point progress;   // of a blocked one: last byte taken by the peer, or when it blocked
  Clock::time_point looked_at;  // of one with memory: when it was last looked at
  Hook by_activity;             // of all, the longest silent first
  Hook with_memory;             // of those that have buffers, by looked_at
  Hook ungreeted;               // of those that have to begin with TLS and did not yet, the oldest first
  std::uint32_t interest = 0;   // as the poller knows it
  bool greeted = false;         // the first byte came, and with it the choice between plain and TLS
  bool dirty = false;           // has answers to flush in this pass
  bool blocked = false;         // the socket takes no more: wait until it is writable
  bool held = false;            // not read: too much unsent
  bool starved = false;         // not read: all connections together have too much memory
  bool waiting = false;         // not read: frames in `in` go first
};

}  // namespace mq::net
