#include "chassis/sql.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace chassis {
namespace {

[[noreturn]] void bad_column(std::string_view column, std::string_view why) {
  throw std::logic_error("column \"" + std::string(column) + "\" " + std::string(why));
}

// Reads `text` as far as `width` digits go; -1 when it has other characters there.
int digits(std::string_view text, std::size_t at, std::size_t width) {
  int value = 0;
  if (at + width > text.size()) return -1;
  const char* end = text.data() + at + width;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  return error == std::errc{} && stop == end && value >= 0 ? value : -1;
}

// "2026-03-01 09:08:07.123456+00": how PostgreSQL writes timestamptz with ISO dates in UTC.
std::optional<base::Time> parse_time(std::string_view text) {
  if (text.size() < 22 || !text.ends_with("+00")) return std::nullopt;
  text.remove_suffix(3);
  if (text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' || text[16] != ':') return {};
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  int millis = 0;
  if (text.size() > 19) {
    std::array<char, 3> fraction{'0', '0', '0'};
    if (text[19] != '.' || text.size() > 26) return std::nullopt;
    for (std::size_t i = 20; i < text.size() && i < 23; ++i) fraction[i - 20] = text[i];
    millis = digits({fraction.data(), fraction.size()}, 0, 3);
    if (millis < 0) return std::nullopt;
  }
  using namespace std::chrono;
  const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return base::Time{sys_days{date} + hours{hour} + minutes{minute} + seconds{second} + milliseconds{millis}};
}

std::string format_time(base::Time at) {
  using namespace std::chrono;
  const auto midnight = floor<days>(at);
  const year_month_day date{midnight};
  const hh_mm_ss clock{at - midnight};
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d.%03d+00", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

SqlValue::SqlValue(base::Time at) : text_(format_time(at)) {}

SqlValue sql_array(const std::vector<std::int64_t>& numbers) {
  std::string text = "{";
  for (const auto number : numbers) {
    if (text.size() > 1) text += ',';
    text += std::to_string(number);
  }
  return text + "}";
}

SqlValue sql_array(const std::vector<std::string>& texts) {
  std::string list = "{";
  for (const auto& text : texts) {
    if (list.size() > 1) list += ',';
    list += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') list += '\\';
      list += c;
    }
    list += '"';
  }
  return list + "}";
}

SqlRow Transaction::make_row(std::shared_ptr<const std::vector<std::string>> columns,
                             std::vector<std::optional<std::string>> values) {
  SqlRow row;
  row.columns_ = std::move(columns);
  row.values_ = std::move(values);
  return row;
}

std::optional<std::string> SqlRow::maybe_text(std::string_view column) const {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if ((*columns_)[i] == column) return values_[i];
  }
  bad_column(column, "is not in the answer");
}

bool SqlRow::is_null(std::string_view column) const { return !maybe_text(column); }

std::string SqlRow::text(std::string_view column) const {
  auto value = maybe_text(column);
  if (!value) bad_column(column, "is NULL");
  return *std::move(value);
}

std::int64_t SqlRow::integer(std::string_view column) const {
  const auto value = maybe_integer(column);
  if (!value) bad_column(column, "is NULL");
  return *value;
}

bool SqlRow::boolean(std::string_view column) const {
  const auto value = text(column);
  if (value != "t" && value != "f") bad_column(column, "is not a boolean");
  return value == "t";
}

base::Time SqlRow::time(std::string_view column) const {
  const auto value = maybe_time(column);
  if (!value) bad_column(column, "is NULL");
  return *value;
}

std::optional<std::int64_t> SqlRow::maybe_integer(std::string_view column) const {
  const auto value = maybe_text(column);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc{} || stop != end) bad_column(column, "is not a 64-bit integer");
  return number;
}

std::optional<base::Time> SqlRow::maybe_time(std::string_view column) const {
  const auto value = maybe_text(column);
  if (!value) return std::nullopt;
  const auto at = parse_time(*value);
  if (!at) bad_column(column, "is not a timestamptz in UTC");
  return at;
}

}  // namespace chassis
