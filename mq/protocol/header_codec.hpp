#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "mq/base/result.hpp"
#include "mq/protocol/command.hpp"

// The two header formats behind command.hpp's decode() and encode(). Decoders fill everything but
// `body` and `serialize`, and expect `into` as reset() leaves it.
namespace mq::protocol {

// Forgets what an earlier decode left, without touching the 5 KiB of fields.
void reset(CommandView& view);

// The layout every known client sends, in place. False: not understood, which need not be an error;
// `into` is then in any state.
bool decode_json_in_place(std::string_view header, CommandView& into);

// Any JSON object with the right kinds of members, into memory that `into` owns.
base::Result<> decode_json_owned(std::string_view header, CommandView& into);

base::Result<> decode_binary(base::BytesView header, CommandView& into);

// A JSON header, its names in alphabetical order. put_..() returns the end. Pre: room for .._size_max().
std::size_t json_header_size_max(const Command& command);
char* put_json_header(char* to, const Command& command);

// The same for a response, of which more is known beforehand.
std::size_t response_header_size_max(const ResponseView& response);
char* put_response_header(char* to, const ResponseView& response);

bool fits_binary(const Command& command);
std::size_t binary_header_size(const Command& command);
// Appends the header without the frame's eight bytes. Pre: fits_binary(command).
void append_binary_header(const Command& command, base::Bytes& out);

}  // namespace mq::protocol
