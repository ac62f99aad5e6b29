#include "mq/base/settings_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <type_traits>
#include <utility>

namespace base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};
// From large to small: format takes the first that divides.
constexpr std::array kTimeUnits = {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                                   Unit{"s", 1000}, Unit{"ms", 1}};
constexpr std::array kSizeUnits = {Unit{"TiB", std::int64_t{1} << 40}, Unit{"GiB", std::int64_t{1} << 30},
                                   Unit{"MiB", std::int64_t{1} << 20}, Unit{"KiB", std::int64_t{1} << 10},
                                   Unit{"B", 1}};

std::string quote(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The number at the front of `text`, which then holds the rest.
template <class Int>
std::errc take_number(std::string_view& text, Int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error;
}

template <class Int>
std::string between(std::string_view text, Int low, Int high) {
  return std::string(text) + " is not between " + std::to_string(low) + " and " + std::to_string(high);
}

// Range and type limits in one sentence, so that nobody fixes a value twice.
template <class Int>
std::string parse_number(std::string_view text, const Settings::Entry& entry, Int& number) {
  std::int64_t low = std::numeric_limits<Int>::min();
  std::int64_t high = std::in_range<std::int64_t>(std::numeric_limits<Int>::max())
                          ? static_cast<std::int64_t>(std::numeric_limits<Int>::max())
                          : std::numeric_limits<std::int64_t>::max();
  if (entry.range) {
    low = std::max(low, entry.range->low);
    high = std::min(high, entry.range->high);
  }
  std::string_view rest = text;
  std::int64_t value = 0;
  const auto error = take_number(rest, value);
  if (!rest.empty() || error == std::errc::invalid_argument) return quote(text) + " is not a whole number";
  if (error != std::errc{} || value < low || value > high) return between(text, low, high);
  number = static_cast<Int>(value);
  return {};
}

std::string format_unit(std::int64_t value, std::span<const Unit> units) {
  for (const auto& unit : units) {
    if (value % unit.factor == 0 && (value != 0 || unit.factor == 1)) {
      return std::to_string(value / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(value);
}

struct Measure {
  std::span<const Unit> units;
  std::string_view what;      // "a duration"
  std::string_view examples;  // "500ms, 30s, 15m, 24h or 3d"
  bool unit_optional;
};
constexpr Measure kDuration{kTimeUnits, "a duration", "500ms, 30s, 15m, 24h or 3d", false};
constexpr Measure kSize{kSizeUnits, "a size", "512KiB, 64MiB or 2GiB", true};

// A bare number of a duration is refused: nobody knows whether 30 means seconds.
std::string parse_measure(std::string_view text, const Measure& measure, const Settings::Entry& entry,
                          std::int64_t& amount) {
  std::string_view rest = text;
  std::int64_t count = 0;
  const auto error = take_number(rest, count);
  const auto unit = std::ranges::find(measure.units, trimmed(rest), &Unit::name);
  const bool bare = rest.empty() && (measure.unit_optional || count == 0);
  if (error == std::errc::invalid_argument || (unit == measure.units.end() && !bare)) {
    return quote(text) + " is not " + std::string(measure.what) + " such as " + std::string(measure.examples);
  }
  const std::int64_t factor = bare ? 1 : unit->factor;
  const std::int64_t low = entry.range ? entry.range->low : 0;
  const std::int64_t high = entry.range ? entry.range->high : std::numeric_limits<std::int64_t>::max();
  const bool overflows = error == std::errc::result_out_of_range ||
                         count > std::numeric_limits<std::int64_t>::max() / factor || count < 0;
  if (overflows || count * factor < low || count * factor > high) {
    if (count < 0 && low == 0) return std::string(text) + " is negative";
    return std::string(text) + " is not between " + format_unit(low, measure.units) + " and " +
           format_unit(high, measure.units);
  }
  amount = count * factor;
  return {};
}

std::string parse_truth(std::string_view text, bool& truth) {
  for (const auto yes : {"true", "yes", "on", "1"}) {
    if (text == yes) return truth = true, "";
  }
  for (const auto no : {"false", "no", "off", "0"}) {
    if (text == no) return truth = false, "";
  }
  return quote(text) + " is neither true nor false";
}

std::vector<std::string> split_list(const std::vector<std::string>& texts) {
  std::vector<std::string> parts;
  for (std::string_view text : texts) {
    while (!text.empty()) {
      const auto comma = text.find(',');
      const auto part = trimmed(text.substr(0, comma));
      if (!part.empty()) parts.emplace_back(part);
      text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
  }
  return parts;
}

std::string check_choice(const Settings::Entry& entry, const std::string& text) {
  if (entry.choices.empty() || std::ranges::find(entry.choices, text) != entry.choices.end()) return {};
  std::string sentence = quote(text) + " is not one of ";
  for (std::size_t i = 0; i < entry.choices.size(); ++i) {
    if (i > 0) sentence += i + 1 == entry.choices.size() ? " and " : ", ";
    sentence += entry.choices[i];
  }
  if (const auto near = did_you_mean(text, entry.choices); !near.empty()) {
    sentence += "; did you mean " + near + "?";
  }
  return sentence;
}

// What TOML may write for a target, beyond which its own type system was misused.
std::string check_form(const Settings::Entry& entry, const Given& given) {
  if (given.loose) return {};
  const bool wants_list = std::holds_alternative<std::vector<std::string>*>(entry.target);
  if (given.form == Given::Form::list && !wants_list) return "a list is not a single value";
  const bool wants_text = std::holds_alternative<std::string*>(entry.target) ||
                          std::holds_alternative<std::filesystem::path*>(entry.target) || wants_list;
  if (wants_text && (given.form == Given::Form::number || given.form == Given::Form::truth)) {
    return given.values.front() + " is not text; put it in quotes";
  }
  return {};
}

}  // namespace

std::string assign(Settings::Entry& entry, const Given& given) {
  if (auto wrong = check_form(entry, given); !wrong.empty()) return wrong;
  const std::string text = given.values.empty() ? "" : given.values.back();
  auto put = [&](auto* target) -> std::string {
    using T = std::remove_pointer_t<decltype(target)>;
    if constexpr (std::is_same_v<T, bool>) {
      return parse_truth(trimmed(text), *target);
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      *target = given.form == Given::Form::list ? given.values : split_list(given.values);
      return {};
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::filesystem::path>) {
      if (auto wrong = check_choice(entry, text); !wrong.empty()) return wrong;
      *target = text;
      return {};
    } else if constexpr (std::is_same_v<T, std::chrono::milliseconds>) {
      std::int64_t ms = 0;
      auto wrong = parse_measure(trimmed(text), kDuration, entry, ms);
      if (wrong.empty()) *target = std::chrono::milliseconds{ms};
      return wrong;
    } else {
      if (entry.kind != Settings::Kind::size) return parse_number(trimmed(text), entry, *target);
      std::int64_t bytes = 0;
      auto wrong = parse_measure(trimmed(text), kSize, entry, bytes);
      if (wrong.empty() && !std::in_range<T>(bytes)) wrong = text + " is too large";
      if (wrong.empty()) *target = static_cast<T>(bytes);
      return wrong;
    }
  };
  auto wrong = std::visit(put, entry.target);
  if (wrong.empty()) entry.origin = given.origin;
  // What was meant to be secret does not reach a terminal or a log by way of a complaint about it.
  else if (entry.kind == Settings::Kind::secret)
    return "is not a valid value";
  return wrong;
}

std::string format_value(const Settings::Entry& entry) {
  auto format = [&](const auto* target) -> std::string {
    using T = std::remove_cvref_t<decltype(*target)>;
    if constexpr (std::is_same_v<T, bool>) {
      return *target ? "true" : "false";
    } else if constexpr (std::is_same_v<T, std::string>) {
      return toml_quoted(*target);
    } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
      return toml_quoted(target->string());
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      std::string list;
      for (const auto& element : *target) list += (list.empty() ? "" : ", ") + toml_quoted(element);
      return "[" + list + "]";
    } else if constexpr (std::is_same_v<T, std::chrono::milliseconds>) {
      return toml_quoted(format_unit(target->count(), kTimeUnits));
    } else {
      if (entry.kind != Settings::Kind::size) return std::to_string(*target);
      return toml_quoted(format_unit(static_cast<std::int64_t>(*target), kSizeUnits));
    }
  };
  return std::visit(format, entry.target);
}

std::string_view placeholder(const Settings::Entry& entry) {
  auto word = [&](const auto* target) -> std::string_view {
    using T = std::remove_cvref_t<decltype(*target)>;
    if constexpr (std::is_same_v<T, bool>) {
      return "";
    } else if constexpr (std::is_same_v<T, std::string>) {
      return "TEXT";
    } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
      return "PATH";
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      return "A,B";
    } else if constexpr (std::is_same_v<T, std::chrono::milliseconds>) {
      return "DURATION";
    } else {
      return entry.kind == Settings::Kind::size ? "SIZE" : "NUMBER";
    }
  };
  return std::visit(word, entry.target);
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  // Edit distance, one row at a time.
  auto distance = [word](std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j < row.size(); ++j) {
        const std::size_t replaced = diagonal + (word[i - 1] == other[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
      }
    }
    return row.back();
  };
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : known) {
    if (const auto d = distance(candidate); d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string toml_quoted(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += "\\u00";
      quoted += kHex[byte >> 4];
      quoted += kHex[byte & 0xf];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace base
