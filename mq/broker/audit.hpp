#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "mq/net/server.hpp"
#include "mq/protocol/command.hpp"

namespace mq::broker {

// Who changed what: one line in the log "audit" for every administrative request, also a refused one, when
// its result is known:
//
//   update UPDATE_AND_CREATE_TOPIC who="ops" peer=127.0.0.1:50412 code=17 fields="topic=T perm=6" result=0
//   remark=""
//
// `who` is the access key, "-" without one. Written whatever the log's level is; refused requests at most
// kRefusedMax a second, so that nobody fills the disk with them. Header fields are repeated as they came, cut
// and quoted; never a signature, a value put under a key, or a body other than configuration lines.
//
// Thread rule: the hot thread.
class Audit {
 public:
  static constexpr int kRefusedMax = 100;

  // Before dispatch, of a request whose reply is watched.
  void begun(const protocol::CommandView& request, std::string_view name, const net::Peer& peer,
             std::string_view who);
  // Of its answer; also of a one-way request, whose answer never leaves.
  void ended(const net::Reply& reply, const protocol::ResponseView& response);
  // What its connection took with it: the outcome is unknown to whoever asked.
  void dropped(net::ConnectionKey connection);

  void refused(const protocol::CommandView& request, std::string_view name, const net::Peer& peer,
               std::string_view who, std::string_view why);

 private:
  using Key = std::pair<net::ConnectionKey, std::int32_t>;  // connection and opaque

  std::map<Key, std::string> open_;  // the line up to its result
  std::chrono::steady_clock::time_point second_;
  int refused_in_second_ = 0;
  std::uint64_t not_written_ = 0;
};

}  // namespace mq::broker
