#pragma once
#include <string>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"
#include "mq/model/message.hpp"

namespace mq::client {

// A message out of a pull, view or query answer. `readable` is false when its body does not unpack:
// that will never get better, and the body is left as it came.
struct Received {
  ReceivedMessage message;
  bool readable = true;
};

// The records of `body`, one behind the other. A record that does not decode makes it all an error: its
// length cannot be trusted, so neither can what follows.
base::Result<std::vector<Received>> decode_messages(base::BytesView body, const std::string& broker);

}  // namespace mq::client
