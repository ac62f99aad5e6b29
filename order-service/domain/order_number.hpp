#pragma once
#include <string>
#include <string_view>

#include "mq/base/ids.hpp"

namespace order {

// 20 characters of Crockford's base 32: 9 of time (sorts by it), 10 of chance (not to be guessed), one
// check character (a mistyped number is never another order's).
std::string make_order_number(base::Time now, const base::RandomSource& random);
bool is_order_number(std::string_view text);

}  // namespace order
