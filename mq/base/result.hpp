#pragma once
#include <boost/system/result.hpp>

namespace base {

// An outcome the caller must look at: a value, or an error_code that Asio, Beast and JSON speak too.
template <class T = void>
using Result = boost::system::result<T>;

}  // namespace base
