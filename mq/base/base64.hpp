#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace base {

// RFC 4648, with padding.
std::string to_base64(std::string_view bytes);
// Padding may be missing. Nothing when the text is not base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace base
