#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mq/protocol/command.hpp"

namespace mq::apps::testing {

// One frame of a recorded conversation (tests/vectors/conversations/README.md).
struct RecordedFrame {
  std::string step, connection, server, to, kind;
  protocol::Command command;
};
std::vector<RecordedFrame> read_recording(const std::string& file);

// A request with the answer it got; response.code is -1 when the recording has none.
struct Exchange {
  RecordedFrame request;
  protocol::Command response;
};
// In the order of the requests that went to the server.
std::vector<Exchange> exchanges_of(const std::vector<RecordedFrame>& frames);

// What a JSON body looks like, without what it says: "queueDatas[].perm:number". Members of tables that
// are keyed by data count as "*". Empty for text that is no JSON object.
std::set<std::string> shape_of(std::string_view body);

std::set<std::string> field_names(const protocol::Command& command);

}  // namespace mq::apps::testing
