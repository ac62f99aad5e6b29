#pragma once
#include <chrono>
#include <cstdint>

#include "mq/base/bytes.hpp"
#include "mq/net/server.hpp"

namespace mq::net {

// The socket and the buffers of one client, and why it is not read at the moment. Decides nothing.
//
// Invariant: sent <= out.size(); a closed connection has no socket.
struct ServerConnection {
  using Clock = std::chrono::steady_clock;

  ServerConnection(int socket, const Peer& who, Clock::time_point now)
      : fd(socket), peer(who), active(now), progress(now) {}
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  [[nodiscard]] std::size_t unsent() const { return out.size() - sent; }
  [[nodiscard]] std::size_t memory() const { return in.capacity() + out.capacity(); }
  [[nodiscard]] bool closed() const { return fd < 0; }
  void close_socket();

  // One send() of what is unsent.
  enum class Sent : std::uint8_t { all, some, broken };
  Sent send_once(Clock::time_point now);
  // Room for an answer of about `size` bytes, growing in leaps: codecs reserve exactly.
  void make_room(std::size_t size);
  // Gives back memory that only a burst needed.
  void release_idle_memory();

  int fd;
  const Peer peer;
  base::Bytes in;   // the front of a frame that has not come whole, or frames that must wait
  base::Bytes out;  // answers; the first `sent` bytes have left
  std::size_t sent = 0;
  std::size_t accounted = 0;   // memory() when it was last added up
  Clock::time_point active;    // last byte in or out
  Clock::time_point progress;  // of a blocked one: last byte taken by the peer, or when it blocked
  std::uint32_t interest = 0;  // as the poller knows it
  bool dirty = false;          // has answers to flush in this pass
  bool blocked = false;        // the socket takes no more: wait until it is writable
  bool held = false;           // not read: too much unsent
  bool starved = false;        // not read: all connections together have too much memory
  bool waiting = false;        // not read: frames in `in` go first
};

}  // namespace mq::net
