#pragma once
#include <boost/json/object.hpp>

#include <string>

#include "bench/mq/result.hpp"
#include "bench/mq/starts.hpp"
#include "bench/mq/versus.hpp"

namespace bench {

std::string text_of(const Result& result);
std::string text_of(const Starts& starts);
std::string text_of(const Restart& restart);
std::string text_of(const Versus& versus);

boost::json::object json_of(const Result& result);
boost::json::object json_of(const Starts& starts);
boost::json::object json_of(const Restart& restart);
boost::json::object json_of(const Versus& versus);

}  // namespace bench
