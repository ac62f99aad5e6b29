#include "chassis/trace.hpp"

#include <algorithm>

namespace chassis {
namespace {

constexpr std::size_t kLength = 55;  // 2 + 1 + 32 + 1 + 16 + 1 + 2

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

std::string hex16(std::uint64_t bits) {
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; bits >>= 4) text[i] = "0123456789abcdef"[bits & 0xf];
  return text;
}

// An all-zero id means "none", so one that comes up by chance is drawn again.
std::string draw(const base::RandomSource& random) {
  for (;;) {
    if (const auto bits = random()) return hex16(bits);
  }
}

}  // namespace

std::string TraceContext::traceparent() const {
  return "00-" + trace_id + "-" + span_id + (sampled ? "-01" : "-00");
}

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const auto version = text.substr(0, 2);
  const auto trace = text.substr(3, 32);
  const auto span = text.substr(36, 16);
  const auto flags = text.substr(53, 2);
  if (!is_hex(version) || !is_hex(trace) || !is_hex(span) || !is_hex(flags)) return std::nullopt;
  if (version == "ff" || is_zero(trace) || is_zero(span)) return std::nullopt;
  // Version 00 ends here; a later one may go on after a dash.
  if (text.size() > kLength && (version == "00" || text[kLength] != '-')) return std::nullopt;
  const auto low = flags[1];
  const int bits = low <= '9' ? low - '0' : low - 'a' + 10;
  return TraceContext{
      .trace_id = std::string(trace), .span_id = std::string(span), .sampled = (bits & 1) != 0};
}

TraceContext new_trace(const base::RandomSource& random) {
  return {.trace_id = draw(random) + draw(random), .span_id = draw(random), .sampled = true};
}

TraceContext child_of(const TraceContext& parent, const base::RandomSource& random) {
  return {.trace_id = parent.trace_id, .span_id = draw(random), .sampled = parent.sampled};
}

TraceContext continue_trace(std::string_view traceparent, const base::RandomSource& random) {
  const auto parent = parse_traceparent(traceparent);
  return parent ? child_of(*parent, random) : new_trace(random);
}

std::string_view trace_id_of(std::string_view traceparent) {
  return parse_traceparent(traceparent) ? traceparent.substr(3, 32) : std::string_view();
}

}  // namespace chassis
