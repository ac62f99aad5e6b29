#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace order {

enum class State { pending_payment, paid, fulfilling, shipped, closed };
enum class Event {
  payment_succeeded,
  payment_timed_out,
  cancelled_by_user,
  shipment_accepted,
  shipment_shipped
};

inline constexpr std::array kStates = {State::pending_payment, State::paid, State::fulfilling, State::shipped,
                                       State::closed};
inline constexpr std::array kEvents = {Event::payment_succeeded, Event::payment_timed_out,
                                       Event::cancelled_by_user, Event::shipment_accepted,
                                       Event::shipment_shipped};

// What an event does to an order in a state.
enum class Effect {
  move,                      // to Step::to, with everything that belongs to it
  nothing,                   // late or repeated: a no-op with a note in the log
  refund_late_payment,       // money came for a closed order: it goes back
  refund_duplicate_payment,  // money came twice: the second goes back
  refuse,                    // a person asked for what is no longer possible: tell them
  impossible,                // no correct system sends this: dead-letter it and look
};

struct Step {
  State from;
  Event event;
  Effect effect;
  State to;
};

// The life of an order: all 25 pairs of state and event, each decided. Read the moves first.
// The same event of the same payment attempt or message never gets here twice (inbox, attempt row).
inline constexpr std::array kSteps = {
    // The happy path.
    Step{State::pending_payment, Event::payment_succeeded, Effect::move, State::paid},
    Step{State::paid, Event::shipment_accepted, Effect::move, State::fulfilling},
    Step{State::fulfilling, Event::shipment_shipped, Effect::move, State::shipped},
    // The shipped notice overtook the accepted one: same end, whichever order they come in.
    Step{State::paid, Event::shipment_shipped, Effect::move, State::shipped},
    Step{State::shipped, Event::shipment_accepted, Effect::nothing, State::shipped},

    // Not paid.
    Step{State::pending_payment, Event::payment_timed_out, Effect::move, State::closed},
    Step{State::pending_payment, Event::cancelled_by_user, Effect::move, State::closed},

    // Money after the end, or twice. It goes back, whatever the state.
    Step{State::closed, Event::payment_succeeded, Effect::refund_late_payment, State::closed},
    Step{State::paid, Event::payment_succeeded, Effect::refund_duplicate_payment, State::paid},
    Step{State::fulfilling, Event::payment_succeeded, Effect::refund_duplicate_payment, State::fulfilling},
    Step{State::shipped, Event::payment_succeeded, Effect::refund_duplicate_payment, State::shipped},

    // The deadline's message comes for every order, paid or not.
    Step{State::paid, Event::payment_timed_out, Effect::nothing, State::paid},
    Step{State::fulfilling, Event::payment_timed_out, Effect::nothing, State::fulfilling},
    Step{State::shipped, Event::payment_timed_out, Effect::nothing, State::shipped},
    Step{State::closed, Event::payment_timed_out, Effect::nothing, State::closed},

    // A buyer may cancel what is not paid; afterwards it takes a refund.
    Step{State::paid, Event::cancelled_by_user, Effect::refuse, State::paid},
    Step{State::fulfilling, Event::cancelled_by_user, Effect::refuse, State::fulfilling},
    Step{State::shipped, Event::cancelled_by_user, Effect::refuse, State::shipped},
    Step{State::closed, Event::cancelled_by_user, Effect::nothing, State::closed},

    // The warehouse hears of an order only when it is paid.
    Step{State::fulfilling, Event::shipment_accepted, Effect::nothing, State::fulfilling},
    Step{State::shipped, Event::shipment_shipped, Effect::nothing, State::shipped},
    Step{State::pending_payment, Event::shipment_accepted, Effect::impossible, State::pending_payment},
    Step{State::pending_payment, Event::shipment_shipped, Effect::impossible, State::pending_payment},
    Step{State::closed, Event::shipment_accepted, Effect::impossible, State::closed},
    Step{State::closed, Event::shipment_shipped, Effect::impossible, State::closed},
};

constexpr std::size_t count_steps(State from, Event event) {
  std::size_t found = 0;
  for (const auto& s : kSteps) found += s.from == from && s.event == event ? 1U : 0U;
  return found;
}

constexpr bool every_pair_is_decided_once() {
  for (auto state : kStates) {
    for (auto event : kEvents) {
      if (count_steps(state, event) != 1) return false;
    }
  }
  return true;
}
static_assert(every_pair_is_decided_once());

constexpr Step step(State from, Event event) {
  for (const auto& s : kSteps) {
    if (s.from == from && s.event == event) return s;
  }
  return Step{from, event, Effect::impossible, from};
}

static_assert(step(State::paid, Event::payment_timed_out).effect == Effect::nothing,
              "a late deadline must not undo a payment");
static_assert(step(State::closed, Event::payment_succeeded).effect == Effect::refund_late_payment,
              "late money goes back");

// Names as the database and the API have them: "PENDING_PAYMENT".
std::string_view name(State state);
std::optional<State> parse_state(std::string_view name);

}  // namespace order
