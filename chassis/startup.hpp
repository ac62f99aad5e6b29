#pragma once
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <exception>
#include <string>

// Why a program could not start, in one sentence that says what to do.
namespace chassis {

std::string explain(const std::exception& failure);
std::string explain_listen(const std::string& listener, const std::string& ip, std::uint16_t port,
                           boost::system::error_code error);

}  // namespace chassis
