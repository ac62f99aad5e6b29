#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace mq::protocol {

// Turns the member names that only fastjson knows into strings: {0:1} into {"0":1} and {{"a":1}:2} into
// {"{\"a\":1}":2}. Everything else stays, right or wrong: a JSON parser judges it. Nothing when brackets
// do not match or nest deeper than any body does.
std::optional<std::string> quote_raw_keys(std::string_view text);

}  // namespace mq::protocol
