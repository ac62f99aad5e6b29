#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "mq/base/clock.hpp"

namespace sandbox {

// Sorted `key=value` joined by '&', without empty values and without the fields named in `without`.
std::string text_to_sign(const std::map<std::string, std::string>& form, std::string_view without_1,
                         std::string_view without_2 = {});

// "yyyy-MM-dd HH:mm:ss" in UTC+8.
std::string format_channel_time(base::Time at);
std::optional<base::Time> parse_channel_time(std::string_view text);

std::string encode_form(const std::map<std::string, std::string>& form);

}  // namespace sandbox
