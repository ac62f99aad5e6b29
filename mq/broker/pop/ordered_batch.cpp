#include "mq/broker/pop/ordered_batch.hpp"

#include <algorithm>
#include <utility>

#include "mq/broker/pop/number_text.hpp"

namespace mq::broker {

bool OrderedBatch::blocks(std::string_view attempt, std::int64_t now_ms) const {
  if (!attempt_.empty() && attempt_ == attempt) return false;
  const auto until = blocked_until();
  return until && now_ms < *until;
}

std::optional<std::int64_t> OrderedBatch::blocked_until() const {
  std::optional<std::int64_t> until;
  for (const auto& item : items_) {
    if (!item.acknowledged) until = std::max(until.value_or(item.visible_ms), item.visible_ms);
  }
  return until;
}

void OrderedBatch::take(std::string attempt, std::span<const QueueOffset> offsets, std::int64_t pop_ms,
                        std::int64_t visible_ms) {
  const bool again = !attempt_.empty() && attempt_ == attempt;
  std::vector<Item> items;
  for (const auto offset : offsets) {
    const auto before = std::ranges::find(items_, offset, &Item::offset);
    const auto times = before == items_.end() ? 0 : before->times + (again ? 0 : 1);
    items.push_back({offset, visible_ms, times, false});
  }
  attempt_ = std::move(attempt);
  pop_ms_ = pop_ms;
  items_ = std::move(items);
}

OrderedBatch::Item* OrderedBatch::find(QueueOffset offset, std::int64_t pop_ms) {
  if (pop_ms != pop_ms_) return nullptr;
  const auto item = std::ranges::find(items_, offset, &Item::offset);
  return item == items_.end() ? nullptr : &*item;
}

std::optional<QueueOffset> OrderedBatch::acknowledge(QueueOffset offset, std::int64_t pop_ms) {
  auto* const item = find(offset, pop_ms);
  if (item == nullptr) return std::nullopt;
  item->acknowledged = true;
  const auto left = std::ranges::find(items_, false, &Item::acknowledged);
  return left == items_.end() ? next(items_.back().offset) : left->offset;
}

bool OrderedBatch::change(QueueOffset offset, std::int64_t pop_ms, std::int64_t visible_ms) {
  auto* const item = find(offset, pop_ms);
  if (item == nullptr) return false;
  item->visible_ms = visible_ms;
  return true;
}

// "pop_ms", four numbers for each item, and after them the attempt, which may be any text.
std::string OrderedBatch::encode() const {
  std::string text = std::to_string(pop_ms_);
  append_number(text, static_cast<std::int64_t>(items_.size()));
  for (const auto& item : items_) {
    append_number(text, item.offset.value());
    append_number(text, item.visible_ms);
    append_number(text, item.times);
    append_number(text, item.acknowledged ? 1 : 0);
  }
  return text.append(" ").append(attempt_);
}

std::optional<OrderedBatch> OrderedBatch::decode(std::string_view text) {
  NumberReader numbers(text);
  OrderedBatch batch;
  batch.pop_ms_ = numbers.next();
  for (auto left = numbers.next(); left > 0 && numbers.good(); --left) {
    Item item;
    item.offset = QueueOffset{numbers.next()};
    item.visible_ms = numbers.next();
    item.times = static_cast<std::int32_t>(numbers.next());
    item.acknowledged = numbers.next() != 0;
    batch.items_.push_back(item);
  }
  if (!numbers.good() || batch.items_.empty() || !numbers.rest().starts_with(' ')) return std::nullopt;
  batch.attempt_ = numbers.rest().substr(1);
  return batch;
}

}  // namespace mq::broker
