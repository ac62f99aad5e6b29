#include "order-service/domain/order_number.hpp"

#include <cstdint>

namespace order {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kTimeLength = 9;  // 45 bits of milliseconds: until the year 3084
constexpr std::size_t kChanceLength = 10;
constexpr std::size_t kLength = kTimeLength + kChanceLength + 1;

void put(std::string& text, std::uint64_t bits, std::size_t characters) {
  for (std::size_t i = characters; i-- > 0;) text.push_back(kAlphabet[(bits >> (5 * i)) & 31]);
}

// Weights 1, 2, 3 … modulo 31 (a prime): notices every single wrong character but one in 31 pairs and
// every swap of neighbours.
char check_character(std::string_view digits) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) sum += (i + 1) * kAlphabet.find(digits[i]);
  return kAlphabet[sum % 31];
}

}  // namespace

std::string make_order_number(base::Time now, const base::RandomSource& random) {
  std::string number;
  number.reserve(kLength);
  put(number, static_cast<std::uint64_t>(base::to_millis(now)), kTimeLength);
  put(number, random(), kChanceLength);
  number.push_back(check_character(number));
  return number;
}

bool is_order_number(std::string_view text) {
  if (text.size() != kLength || text.find_first_not_of(kAlphabet) != std::string_view::npos) return false;
  return check_character(text.substr(0, kLength - 1)) == text.back();
}

}  // namespace order
