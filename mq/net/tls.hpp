#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "mq/base/bytes.hpp"

namespace mq::net {

// Why a certificate, a key or a list of authorities is not taken: one sentence with the file's name.
class TlsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What a server shows of itself: its certificate (PEM, with the chain behind it) and its key. TLS 1.2 and
// newer, no renegotiation, no session tickets. An ECDSA key costs the server a tenth of what an RSA key costs
// a handshake.
//
// Thread rule: any thread; sessions keep what they need of it.
class TlsContext {
 public:
  TlsContext(const std::filesystem::path& certificate, const std::filesystem::path& key);  // throws TlsError
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class TlsSession;
  void* context_;  // SSL_CTX
};

// The server's side of one TLS connection, between bytes and bytes: no socket, nothing blocks. What the peer
// sent goes in with feed() and comes out of it decrypted; what is to be sent collects in wire().
//
// Thread rule: one thread.
class TlsSession {
 public:
  explicit TlsSession(const TlsContext& context);  // throws TlsError
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  enum class State : std::uint8_t { handshake, open, broken };
  // Takes what came from the socket and puts what it says into `plain`: never more bytes than came. A peer
  // that says goodbye is `broken`, as is one that makes no sense; what it said before is in `plain` all the
  // same.
  State feed(base::BytesView bytes, base::Bytes& plain);
  // Encrypts; false when the session is broken. Only when open.
  bool seal(base::BytesView plain);
  void say_goodbye();

  // To be sent. Whoever sends erases from the front, or clears.
  [[nodiscard]] base::Bytes& wire() { return wire_; }
  [[nodiscard]] const base::Bytes& wire() const { return wire_; }
  [[nodiscard]] State state() const { return state_; }
  // About what the library keeps for it, and what waits to be sent.
  [[nodiscard]] std::size_t memory() const { return kLibraryMemory + wire_.capacity(); }

 private:
  static constexpr std::size_t kLibraryMemory = std::size_t{24} << 10;

  State decrypt(base::Bytes& plain);
  void take_wire();

  void* session_;  // SSL
  State state_ = State::handshake;
  base::Bytes wire_;
};

}  // namespace mq::net
