#pragma once
#include <string>
#include <string_view>

#include "mq/base/clock.hpp"
#include "mq/base/result.hpp"

namespace contracts {

// "2026-03-01T08:00:00.123Z": RFC 3339, UTC, always three digits of a second, so that texts sort as
// their times do. Pre: years 0 to 9999.
std::string format_time(base::Time at);

// Any RFC 3339 time: other offsets, no or more digits of a second (cut to milliseconds). Leap
// seconds are refused: nobody's clock here has them. So are times that format_time() cannot write.
base::Result<base::Time> parse_time(std::string_view text);

}  // namespace contracts
