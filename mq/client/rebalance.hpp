#pragma once
#include <string>
#include <vector>

#include "mq/model/names.hpp"

namespace mq::client {

// The share of `self` among `members`: neighbouring queues, shares that differ by at most one, the
// first members get the longer ones. Stock clients of all languages compute exactly this (their AVG
// strategy), so members of different languages agree without talking to each other.
//
// Neither list needs to be sorted or free of doubles. Empty when `self` is not a member.
std::vector<MessageQueue> allocate_average(std::vector<std::string> members, std::vector<MessageQueue> queues,
                                           const std::string& self);

}  // namespace mq::client
