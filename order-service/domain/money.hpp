#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace order {

// An amount in fen (1/100 yuan), 0 to kMax. Never a floating point number, anywhere.
class Money {
 public:
  static constexpr std::int64_t kMax = 100'000'000'00;  // 100 million yuan: the channel's own limit per trade

  constexpr Money() = default;
  // Nothing outside [0, kMax]: negative and huge amounts are bad input, not amounts.
  static constexpr std::optional<Money> of_fen(std::int64_t fen) {
    if (fen < 0 || fen > kMax) return std::nullopt;
    return Money{fen};
  }
  [[nodiscard]] constexpr std::int64_t fen() const { return fen_; }
  friend constexpr auto operator<=>(Money, Money) = default;

 private:
  constexpr explicit Money(std::int64_t fen) : fen_(fen) {}
  std::int64_t fen_ = 0;
};

constexpr std::optional<Money> add(Money a, Money b) { return Money::of_fen(a.fen() + b.fen()); }
constexpr std::optional<Money> times(Money price, std::int64_t quantity) {
  if (quantity < 0 || (quantity > 0 && price.fen() > Money::kMax / quantity)) return std::nullopt;
  return Money::of_fen(price.fen() * quantity);
}

// "12.34", as the Alipay-like channel writes amounts.
std::string to_yuan(Money amount);
// Exactly digits, a point and two digits ("0.01", "12.34"), or digits alone: "1e2", "100.000", "+1", " 1"
// and anything that does not fit are nothing.
std::optional<Money> parse_yuan(std::string_view text);

}  // namespace order
