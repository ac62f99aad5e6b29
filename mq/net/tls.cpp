#include "mq/net/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace mq::net {
namespace {

SSL_CTX* context_of(void* context) { return static_cast<SSL_CTX*>(context); }
SSL* session_of(void* session) { return static_cast<SSL*>(session); }

std::string last_reason() {
  const auto error = ERR_get_error();
  ERR_clear_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "no reason given" : reason;
}

constexpr std::size_t kPlainPart = std::size_t{16} << 10;  // the largest record
constexpr int kBytesMax = 1 << 30;                         // of one call into the library

}  // namespace

TlsContext::TlsContext(const std::filesystem::path& certificate, const std::filesystem::path& key)
    : context_(SSL_CTX_new(TLS_server_method())) {
  auto* const context = context_of(context_);
  if (context == nullptr) throw TlsError("TLS is not to be had: " + last_reason());
  const auto fail = [this](const std::string& what) {
    const auto reason = last_reason();
    SSL_CTX_free(context_of(context_));
    throw TlsError(what + " (" + reason + ")");
  };
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  // A key behind a pass phrase is refused: nobody is there to type one.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  // Idle connections keep no record buffers; what is sealed again after a full socket may lie elsewhere.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    fail("the certificate " + certificate.string() + " cannot be used");
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    fail("the key " + key.string() + " cannot be used");
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    fail("the key " + key.string() + " is not that of the certificate " + certificate.string());
  }
}

TlsContext::~TlsContext() { SSL_CTX_free(context_of(context_)); }

TlsSession::TlsSession(const TlsContext& context) : session_(SSL_new(context_of(context.context_))) {
  auto* const session = session_of(session_);
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  if (session == nullptr || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    SSL_free(session);
    throw TlsError("no memory for a TLS session");
  }
  SSL_set_bio(session, in, out);  // the session's from here on
  SSL_set_accept_state(session);
}

TlsSession::~TlsSession() { SSL_free(session_of(session_)); }

TlsSession::State TlsSession::feed(base::BytesView bytes, base::Bytes& plain) {
  if (state_ == State::broken) return state_;
  ERR_clear_error();
  auto* const session = session_of(session_);
  const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), kBytesMax));
  if (BIO_write(SSL_get_rbio(session), bytes.data(), size) != size) return state_ = State::broken;
  if (state_ == State::handshake) {
    const int done = SSL_do_handshake(session);
    take_wire();
    if (done == 1) {
      state_ = State::open;
    } else if (SSL_get_error(session, done) != SSL_ERROR_WANT_READ) {
      return state_ = State::broken;
    }
  }
  if (state_ == State::open) state_ = decrypt(plain);
  take_wire();  // an alert, or the answer to a change of keys
  return state_;
}

TlsSession::State TlsSession::decrypt(base::Bytes& plain) {
  auto* const session = session_of(session_);
  for (;;) {
    const auto before = plain.size();
    plain.resize(before + kPlainPart);
    const int count = SSL_read(session, plain.data() + before, static_cast<int>(kPlainPart));
    plain.resize(before + static_cast<std::size_t>(std::max(count, 0)));
    if (count > 0) continue;
    return SSL_get_error(session, count) == SSL_ERROR_WANT_READ ? State::open : State::broken;
  }
}

bool TlsSession::seal(base::BytesView plain) {
  if (state_ != State::open) return false;
  ERR_clear_error();
  while (!plain.empty()) {
    const auto size = static_cast<int>(std::min<std::size_t>(plain.size(), kBytesMax));
    const int count = SSL_write(session_of(session_), plain.data(), size);
    if (count <= 0) {
      state_ = State::broken;
      return false;
    }
    plain = plain.subspan(static_cast<std::size_t>(count));
  }
  take_wire();
  return true;
}

void TlsSession::say_goodbye() {
  if (state_ != State::open) return;
  ERR_clear_error();
  SSL_shutdown(session_of(session_));
  take_wire();
  state_ = State::broken;
}

void TlsSession::take_wire() {
  BIO* const out = SSL_get_wbio(session_of(session_));
  const auto waiting = BIO_ctrl_pending(out);
  if (waiting == 0) return;
  const auto before = wire_.size();
  wire_.resize(before + waiting);
  const int count = BIO_read(out, wire_.data() + before, static_cast<int>(waiting));
  wire_.resize(before + static_cast<std::size_t>(std::max(count, 0)));
}

}  // namespace mq::net
