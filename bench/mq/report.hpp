#pragma once
#include <boost/json/object.hpp>

#include <string>

#include "bench/mq/result.hpp"

namespace bench {

std::string text_of(const Result& result);
boost::json::object json_of(const Result& result);

// One side of a comparison, without its latencies when they mean nothing; and the ratios of its pairs.
std::string side_line(const std::string& name, const Side& side, bool timed = true);
boost::json::object side_json(const Side& side);
std::string ratio_text(const Ratio& ratio);
boost::json::object ratio_json(const Ratio& ratio);

}  // namespace bench
