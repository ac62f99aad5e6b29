#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <filesystem>
#include <functional>

#include "mq/base/clock.hpp"

namespace cli {

// Lets business time pass in the running system of `dir`, stop by stop, until all has come to rest.
// Throws std::runtime_error naming what stays busy.
boost::asio::awaitable<void> advance_clock(boost::asio::any_io_executor executor, std::filesystem::path dir,
                                           std::chrono::milliseconds by, bool jump,
                                           std::function<void(base::Time)> stopped_at);

}  // namespace cli
