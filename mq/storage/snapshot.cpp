#include "mq/storage/snapshot.hpp"

#include <algorithm>

#include "mq/storage/queue_table.hpp"

namespace mq::storage {
namespace {

namespace errc = boost::system::errc;

void put_short(base::ByteWriter& out, std::string_view text) {
  out.number(static_cast<std::uint16_t>(text.size()));
  out.text(text);
}
void put_bodies(base::ByteWriter& out, const SharedBodies& bodies) {
  out.number(bodies.holder.value());
  out.number(bodies.last);
  out.number(bodies.last_at.value());
  out.number(bodies.last_ms);
  out.number(bodies.last_timer.due_ms);
  out.number(bodies.last_timer.origin);
}
SharedBodies take_bodies(base::ByteReader& in) {
  SharedBodies bodies;
  bodies.holder = LogOffset{in.number<std::int64_t>()};
  bodies.last = in.number<std::int64_t>();
  bodies.last_at = LogOffset{in.number<std::int64_t>()};
  bodies.last_ms = in.number<std::int64_t>();
  bodies.last_timer.due_ms = in.number<std::int64_t>();
  bodies.last_timer.origin = in.number<std::int64_t>();
  return bodies;
}
std::string take_short(base::ByteReader& in) { return std::string(in.text(in.number<std::uint16_t>())); }

}  // namespace

void add_shared(std::vector<SharedBodies>& all, const SharedBodies& bodies) {
  auto at = std::ranges::lower_bound(all, bodies.holder, {}, &SharedBodies::holder);
  if (at == all.end() || at->holder != bodies.holder) {
    all.insert(at, bodies);
    return;
  }
  at->last = bodies.last;
  at->last_at = bodies.last_at;
  at->last_ms = bodies.last_ms;
  at->last_timer = std::max(at->last_timer, bodies.last_timer);
}

void Snapshot::apply(std::vector<MetaChange> changes) {
  for (auto& change : changes) {
    if (change.value) {
      metadata.insert_or_assign(std::move(change.key), *std::move(change.value));
    } else {
      metadata.erase(change.key);
    }
  }
}

void Snapshot::apply(const TopicRemoval& removal) {
  const auto first = next_offsets.lower_bound({removal.topic, std::numeric_limits<std::int32_t>::min()});
  auto last = first;
  while (last != next_offsets.end() && last->first.first == removal.topic) ++last;
  next_offsets.erase(first, last);
  std::erase_if(shared, [&removal](const auto& item) { return item.first.first == removal.topic; });
  removals.insert_or_assign(removal.topic, removal.at);
}

void Snapshot::apply(const HalfChange& change) {
  switch (change.what) {
    case HalfChange::What::stored:
      return halves.add(change.half);
    case HalfChange::What::decided:
      return halves.decide(change.half);
    case HalfChange::What::carried:
      return halves.carry(change.half, change.to);
  }
}

void Snapshot::apply(const SharedBodiesChange& change) {
  add_shared(shared[{*change.topic, change.queue}], change.bodies);
}

void Snapshot::forget_shared_before(LogOffset begin) {
  for (auto& [queue, all] : shared) {
    std::erase_if(all, [begin](const SharedBodies& bodies) { return bodies.last_at < begin; });
  }
  std::erase_if(shared, [](const auto& item) { return item.second.empty(); });
}

base::Bytes encode_snapshot(const Snapshot& snapshot) {
  base::Bytes bytes;
  base::ByteWriter out(bytes);
  out.number(snapshot.newest_store_ms);
  out.number(snapshot.delivered.due_ms);
  out.number(snapshot.delivered.origin);
  out.number(static_cast<std::uint32_t>(snapshot.metadata.size()));
  for (const auto& [key, value] : snapshot.metadata) {
    put_short(out, key);
    out.number(static_cast<std::uint32_t>(value.size()));
    out.text(value);
  }
  out.number(static_cast<std::uint32_t>(snapshot.next_offsets.size()));
  for (const auto& [queue, next] : snapshot.next_offsets) {
    put_short(out, queue.first);
    out.number(queue.second);
    out.number(next);
  }
  out.number(static_cast<std::uint32_t>(snapshot.removals.size()));
  for (const auto& [topic, at] : snapshot.removals) {
    put_short(out, topic);
    out.number(at.value());
  }
  out.number(static_cast<std::uint32_t>(snapshot.halves.size()));
  for (const auto half : snapshot.halves.all()) out.number(half.value());
  out.number(static_cast<std::uint32_t>(snapshot.shared.size()));
  for (const auto& [queue, all] : snapshot.shared) {
    put_short(out, queue.first);
    out.number(queue.second);
    out.number(static_cast<std::uint32_t>(all.size()));
    for (const auto& bodies : all) put_bodies(out, bodies);
  }
  out.number(snapshot.carried.segment.value());
  out.number(snapshot.carried.upto.due_ms);
  out.number(snapshot.carried.upto.origin);
  out.number(static_cast<std::uint32_t>(snapshot.halves.carried().size()));
  for (const auto& [half, place] : snapshot.halves.carried()) {
    out.number(half.value());
    out.number(place.now.value());
  }
  return bytes;
}

base::Result<Snapshot> decode_snapshot(base::BytesView bytes) {
  base::ByteReader in(bytes);
  Snapshot snapshot;
  snapshot.newest_store_ms = in.number<std::int64_t>();
  snapshot.delivered.due_ms = in.number<std::int64_t>();
  snapshot.delivered.origin = in.number<std::int64_t>();
  for (auto left = in.number<std::uint32_t>(); left > 0 && in.ok(); --left) {
    auto key = take_short(in);
    snapshot.metadata.insert_or_assign(std::move(key), std::string(in.text(in.number<std::uint32_t>())));
  }
  for (auto left = in.number<std::uint32_t>(); left > 0 && in.ok(); --left) {
    auto topic = take_short(in);
    const auto queue = in.number<std::int32_t>();
    if (queue < 0 || queue >= kQueuesMax) return make_error_code(errc::bad_message);
    snapshot.next_offsets[{std::move(topic), queue}] = in.number<std::int64_t>();
  }
  for (auto left = in.number<std::uint32_t>(); left > 0 && in.ok(); --left) {
    auto topic = take_short(in);
    snapshot.removals[std::move(topic)] = LogOffset{in.number<std::int64_t>()};
  }
  // A snapshot of version 1 ends here: it knew no half messages.
  if (in.ok() && in.left() == 0) return snapshot;
  for (auto left = in.number<std::uint32_t>(); left > 0 && in.ok(); --left) {
    snapshot.halves.add(LogOffset{in.number<std::int64_t>()});
  }
  // One of version 2 ends here: every message had its own body.
  if (in.ok() && in.left() == 0) return snapshot;
  for (auto left = in.number<std::uint32_t>(); left > 0 && in.ok(); --left) {
    auto topic = take_short(in);
    const auto queue = in.number<std::int32_t>();
    if (queue < 0 || queue >= kQueuesMax) return make_error_code(errc::bad_message);
    auto& all = snapshot.shared[{std::move(topic), queue}];
    for (auto rows = in.number<std::uint32_t>(); rows > 0 && in.ok(); --rows) all.push_back(take_bodies(in));
  }
  // One of version 3 ends here: nothing was carried forward.
  if (in.ok() && in.left() == 0) return snapshot;
  snapshot.carried.segment = LogOffset{in.number<std::int64_t>()};
  snapshot.carried.upto.due_ms = in.number<std::int64_t>();
  snapshot.carried.upto.origin = in.number<std::int64_t>();
  for (auto left = in.number<std::uint32_t>(); left > 0 && in.ok(); --left) {
    const LogOffset half{in.number<std::int64_t>()};
    snapshot.halves.carry(half, LogOffset{in.number<std::int64_t>()});
  }
  if (!in.ok() || in.left() != 0) return make_error_code(errc::bad_message);
  return snapshot;
}

}  // namespace mq::storage
