#include "mq/model/unique_id.hpp"

#include <algorithm>
#include <ctime>
#include <string_view>
#include <utility>

namespace mq {
namespace {

void append_hex(std::string& out, std::uint32_t value, int bytes) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (int shift = bytes * 8 - 4; shift >= 0; shift -= 4) out.push_back(kDigits[(value >> shift) & 0xf]);
}

}  // namespace

base::Time local_month_begin(base::Time at) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::tm first{};
  first.tm_year = parts.tm_year;
  first.tm_mon = parts.tm_mon;
  first.tm_mday = 1;
  first.tm_isdst = -1;
  return base::Time{std::chrono::seconds{std::mktime(&first)}};
}

UniqueIds::UniqueIds(const Origin& origin, const base::Clock& clock, MonthBegin month_begin)
    : clock_(clock), month_begin_(std::move(month_begin)) {
  for (const auto part : origin.ip) append_hex(prefix_, part, 1);
  append_hex(prefix_, origin.process, 2);
  append_hex(prefix_, origin.generator, 4);
}

std::string UniqueIds::next() {
  std::string id;
  id.reserve(32);
  id = prefix_;
  const std::scoped_lock lock(mutex_);
  append_hex(id, month_millis(clock_.now()), 4);
  append_hex(id, counter_++, 2);
  return id;
}

std::uint32_t UniqueIds::month_millis(base::Time now) {
  if (now < begin_ || now >= valid_until_) {
    begin_ = month_begin_(now);
    // Zones are whole minutes apart, so no month begins within one.
    valid_until_ = std::chrono::floor<std::chrono::minutes>(now) + std::chrono::minutes{1};
  }
  // A zone change may put the beginning after `now` for a moment.
  return static_cast<std::uint32_t>(std::max<std::int64_t>(0, (now - begin_).count()));
}

}  // namespace mq
