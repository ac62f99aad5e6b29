#pragma once
#include <boost/json/value.hpp>

#include <string>

#include "chassis/sql.hpp"

namespace coupon {

// Everything one order earned: {"coupons":[…],"points":[…],"red_packets":[…]}.
boost::json::value rewards_of(chassis::Transaction& tx, const std::string& order_no);

}  // namespace coupon
