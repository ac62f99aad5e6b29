#pragma once
#include <string_view>

// Every topic, and every consumer group, of the order system. Only its owner publishes a topic.
namespace contracts {

namespace topic {
inline constexpr std::string_view kOrderEvents = "order-events";            // order-service
inline constexpr std::string_view kRewardEvents = "reward-events";          // coupon-service
inline constexpr std::string_view kPushEvents = "push-events";              // push-service
inline constexpr std::string_view kFulfilmentEvents = "fulfilment-events";  // warehouse-service
inline constexpr std::string_view kOrderTimeout = "order-timeout";          // order-service, timer messages
}  // namespace topic

namespace group {
inline constexpr std::string_view kCouponGrant = "coupon-grant";          // concurrent, order-events
inline constexpr std::string_view kPushNotify = "push-notify";            // concurrent, order-events
inline constexpr std::string_view kWarehouseShip = "warehouse-ship";      // concurrent, order-events
inline constexpr std::string_view kOrderClose = "order-close";            // concurrent, order-timeout
inline constexpr std::string_view kOrderFulfilment = "order-fulfilment";  // concurrent, fulfilment-events
}  // namespace group

}  // namespace contracts
