#pragma once
#include <cstdint>
#include <string_view>

// What a paid order is worth. Pure, and the only place with these numbers.
namespace coupon {

inline constexpr std::int64_t kRedPacketHours = 24;
inline constexpr std::string_view kCampaign = "NEXT-ORDER-10";

// One point for each full yuan.
constexpr std::int64_t points_for(std::int64_t paid_fen) { return paid_fen / 100; }

// One percent, at least 1 fen, at most 20 yuan.
constexpr std::int64_t red_packet_fen(std::int64_t paid_fen) {
  const std::int64_t percent = paid_fen / 100;
  return percent < 1 ? 1 : percent > 2000 ? 2000 : percent;
}

static_assert(points_for(99) == 0 && points_for(100) == 1 && points_for(12'345) == 123);
static_assert(red_packet_fen(1) == 1 && red_packet_fen(10'000) == 100 && red_packet_fen(10'000'000) == 2000);

}  // namespace coupon
