#include "order-service/domain/order_state.hpp"

#include "mq/base/assert.hpp"

namespace order {

std::string_view name(State state) {
  switch (state) {
    case State::pending_payment:
      return "PENDING_PAYMENT";
    case State::paid:
      return "PAID";
    case State::fulfilling:
      return "FULFILLING";
    case State::shipped:
      return "SHIPPED";
    case State::closed:
      return "CLOSED";
  }
  base::assertion_failed("state", "every state has a name");
}

std::optional<State> parse_state(std::string_view text) {
  for (auto state : kStates) {
    if (name(state) == text) return state;
  }
  return std::nullopt;
}

}  // namespace order
