#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "mq/protocol/command.hpp"

namespace mq::protocol {

inline constexpr std::string_view kAccessKeyField = "AccessKey";
inline constexpr std::string_view kSignatureField = "Signature";
inline constexpr std::string_view kSecurityTokenField = "SecurityToken";

// A secret key, ready to sign requests (rocketmq-wire.md 4.18): the base64 text of an HMAC-SHA1 over the
// values of all ext fields but Signature, in ascending byte order of their keys, then the body. Values count
// exactly as they stand in the frame: a number that a client wrote bare counts as its digits.
//
// Requests of clients up to 4.9.3 leave the field _UNIQUE_KEY_QUERY out. Of a key that comes twice the
// last value counts, as in Java's map.
//
// Thread rule: one thread at a time; it keeps its state from call to call.
class SigningKey {
 public:
  explicit SigningKey(std::string_view secret);  // throws std::runtime_error when there is no HMAC to be had
  ~SigningKey();
  SigningKey(SigningKey&& other) noexcept;
  SigningKey& operator=(SigningKey&& other) noexcept;

  [[nodiscard]] std::string signature_of(const Command& request) const;
  [[nodiscard]] std::string signature_of(const CommandView& request) const;

  // Whether the request carries the signature it should; takes as long for a near miss as for nonsense.
  [[nodiscard]] bool has_signed(const CommandView& request) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Adds AccessKey and Signature, taking the place of what was there.
void sign(Command& request, const std::string& access_key, const SigningKey& key);

}  // namespace mq::protocol
