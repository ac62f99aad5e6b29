#include "mq/broker/pop/in_flight.hpp"

#include "mq/broker/pop/number_text.hpp"

namespace mq::broker {

void PopInFlight::take(std::span<const QueueOffset> offsets, QueueOffset next, std::int64_t pop_ms,
                       std::int64_t visible_ms) {
  for (const auto offset : offsets) {
    popped_.emplace_hint(popped_.end(), offset, Popped{pop_ms, visible_ms});
    visible_.insert({visible_ms, offset});
  }
  head_ = next;
}

PopInFlight::Row PopInFlight::find(QueueOffset offset, std::int64_t pop_ms) {
  const auto row = popped_.find(offset);
  return row != popped_.end() && row->second.pop_ms == pop_ms ? row : popped_.end();
}

bool PopInFlight::acknowledge(QueueOffset offset, std::int64_t pop_ms) {
  const auto row = find(offset, pop_ms);
  if (row == popped_.end()) return false;
  visible_.erase({row->second.visible_ms, offset});
  popped_.erase(row);
  return true;
}

bool PopInFlight::change(QueueOffset offset, std::int64_t pop_ms, std::int64_t new_pop_ms,
                         std::int64_t visible_ms) {
  const auto row = find(offset, pop_ms);
  if (row == popped_.end()) return false;
  visible_.erase({row->second.visible_ms, offset});
  row->second = {new_pop_ms, visible_ms};
  visible_.insert({visible_ms, offset});
  return true;
}

std::optional<PopInFlight::First> PopInFlight::first() const {
  if (visible_.empty()) return std::nullopt;
  const auto& [visible_ms, offset] = *visible_.begin();
  return First{visible_ms, offset, popped_.at(offset).pop_ms};
}

// "head", then for each run of messages popped together "pop_ms visible_ms count offset gap gap …".
std::string PopInFlight::encode() const {
  std::string text = std::to_string(head_.value());
  for (auto row = popped_.begin(); row != popped_.end();) {
    const auto& run = row->second;
    std::string offsets;
    std::size_t count = 0;
    for (auto before = row->first;
         row != popped_.end() && row->second.pop_ms == run.pop_ms && row->second.visible_ms == run.visible_ms;
         ++row, ++count) {
      append_number(offsets, count == 0 ? row->first.value() : row->first.value() - before.value());
      before = row->first;
    }
    append_number(text, run.pop_ms);
    append_number(text, run.visible_ms);
    append_number(text, static_cast<std::int64_t>(count));
    text.append(offsets);
  }
  return text;
}

std::optional<PopInFlight> PopInFlight::decode(std::string_view text) {
  NumberReader numbers(text);
  PopInFlight state(QueueOffset{numbers.next()});
  auto last = QueueOffset{-1};
  while (numbers.good() && !numbers.at_end()) {
    const Popped run{numbers.next(), numbers.next()};
    std::int64_t at = 0;
    for (auto left = numbers.next(); left > 0 && numbers.good(); --left) {
      const auto gap = numbers.next();
      if (gap < 0 || gap >= state.head_.value() - at) return std::nullopt;
      at += gap;
      const QueueOffset offset{at};
      if (offset <= last) return std::nullopt;
      last = offset;
      state.popped_.emplace_hint(state.popped_.end(), offset, run);
      state.visible_.insert({run.visible_ms, offset});
    }
  }
  if (!numbers.good() || state.head_ < QueueOffset{0}) return std::nullopt;
  return state;
}

}  // namespace mq::broker
