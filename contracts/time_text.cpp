#include "contracts/time_text.hpp"

#include <array>
#include <boost/system/errc.hpp>
#include <chrono>
#include <optional>

#include "mq/base/assert.hpp"

namespace contracts {
namespace {
using namespace std::chrono;

void put(std::string& out, unsigned number, unsigned digits) {
  std::array<char, 4> text{};
  for (unsigned i = digits; i-- > 0; number /= 10) text.at(i) = static_cast<char>('0' + number % 10);
  out.append(text.data(), digits);
}

// Takes fixed-width fields off the front; the first mismatch makes ok false for good.
struct Scanner {
  std::string_view rest;
  bool ok = true;

  int number(std::size_t digits) {
    int value = 0;
    if (rest.size() < digits) ok = false;
    for (std::size_t i = 0; ok && i < digits; ++i) {
      if (rest[i] < '0' || rest[i] > '9') ok = false;
      value = value * 10 + (rest[i] - '0');
    }
    if (ok) rest.remove_prefix(digits);
    return value;
  }
  bool take(std::string_view one_of) {
    if (!ok || rest.empty() || !one_of.contains(rest.front())) return false;
    rest.remove_prefix(1);
    return true;
  }
  void need(std::string_view one_of) { ok = take(one_of) && ok; }
};

milliseconds fraction(Scanner& in) {
  int value = 0, digits = 0;
  while (!in.rest.empty() && in.rest.front() >= '0' && in.rest.front() <= '9') {
    if (digits < 3) value = value * 10 + (in.rest.front() - '0');
    ++digits;
    in.rest.remove_prefix(1);
  }
  if (digits == 0) in.ok = false;
  for (; digits < 3; ++digits) value *= 10;
  return milliseconds{value};
}

minutes offset(Scanner& in) {
  if (in.take("Zz")) return minutes{0};
  const bool east = in.take("+");
  if (!east) in.need("-");
  const int h = in.number(2);
  in.need(":");
  const int m = in.number(2);
  if (h > 23 || m > 59) in.ok = false;
  return (east ? 1 : -1) * (hours{h} + minutes{m});
}

}  // namespace

std::string format_time(base::Time at) {
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  BASE_ASSERT(int{date.year()} >= 0 && int{date.year()} <= 9999, "a time of this era");
  std::string out;
  out.reserve(24);
  put(out, static_cast<unsigned>(int{date.year()}), 4);
  out += '-';
  put(out, unsigned{date.month()}, 2);
  out += '-';
  put(out, unsigned{date.day()}, 2);
  out += 'T';
  put(out, static_cast<unsigned>(time.hours().count()), 2);
  out += ':';
  put(out, static_cast<unsigned>(time.minutes().count()), 2);
  out += ':';
  put(out, static_cast<unsigned>(time.seconds().count()), 2);
  out += '.';
  put(out, static_cast<unsigned>(time.subseconds().count()), 3);
  out += 'Z';
  return out;
}

base::Result<base::Time> parse_time(std::string_view text) {
  Scanner in{text};
  const int y = in.number(4);
  in.need("-");
  const int mo = in.number(2);
  in.need("-");
  const int d = in.number(2);
  in.need("Tt");
  const int h = in.number(2);
  in.need(":");
  const int mi = in.number(2);
  in.need(":");
  const int s = in.number(2);
  const milliseconds part = in.take(".") ? fraction(in) : milliseconds{0};
  const minutes east = offset(in);
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!in.ok || !in.rest.empty() || !date.ok() || h > 23 || mi > 59 || s > 59) {
    return make_error_code(boost::system::errc::invalid_argument);
  }
  const base::Time at{sys_days{date} + hours{h} + minutes{mi} + seconds{s} + part - east};
  // An offset may lead out of the years that format_time() can write.
  const year_month_day in_utc{floor<days>(at)};
  if (int{in_utc.year()} < 0 || int{in_utc.year()} > 9999) {
    return make_error_code(boost::system::errc::invalid_argument);
  }
  return at;
}

}  // namespace contracts
