#include "order-service/domain/order_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace order {
namespace {

TEST(OrderStateTest, EveryNameReadsBack) {
  for (auto state : kStates) EXPECT_EQ(parse_state(name(state)), state);
  EXPECT_FALSE(parse_state("paid"));
}

TEST(OrderStateTest, OnlyMovesChangeTheState) {
  for (const auto& s : kSteps) EXPECT_EQ(s.effect == Effect::move, s.from != s.to);
}

TEST(OrderStateTest, ClosedNeverReopens) {
  for (auto event : kEvents) EXPECT_EQ(step(State::closed, event).to, State::closed);
}

// Whoever pays gets goods or money back, in whatever order the messages come.
TEST(OrderStateTest, AnyOrderOfWarehouseMessagesEndsShipped) {
  std::vector events = {Event::shipment_accepted, Event::shipment_shipped, Event::payment_timed_out,
                        Event::shipment_accepted};
  std::ranges::sort(events);
  do {
    auto state = State::paid;
    for (auto event : events) state = step(state, event).to;
    EXPECT_EQ(state, State::shipped);
  } while (std::ranges::next_permutation(events).found);
}

TEST(OrderStateTest, NoPaymentIsEverForgotten) {
  for (auto state : kStates) {
    const auto effect = step(state, Event::payment_succeeded).effect;
    EXPECT_TRUE(effect == Effect::move || effect == Effect::refund_late_payment ||
                effect == Effect::refund_duplicate_payment);
  }
}

}  // namespace
}  // namespace order
