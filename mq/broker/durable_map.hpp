#pragma once
#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mq/base/result.hpp"
#include "mq/model/names.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

using Metadata = std::vector<std::pair<std::string, std::string>>;

// Named things that the log remembers as metadata entries "<prefix><name>". The broker acts on a
// change at once; others (routes, listings) see it when it is durable. So a topic made by the first
// message that needs it costs no extra sync: one sync covers both.
//
// Codec: std::string Codec::encode(const Value&); std::optional<Value> Codec::decode(std::string_view).
//
// Invariant: what durable() shows is what a restart would bring back.
// Thread rule: the hot thread.
template <class Value, class Codec>
class DurableMap {
 public:
  DurableMap(storage::MessageStore& store, std::string prefix) : store_(store), prefix_(std::move(prefix)) {}

  // Takes this map's entries out of what the store recovered. Returns keys whose value makes no sense.
  std::vector<std::string> load(const Metadata& metadata) {
    std::vector<std::string> broken;
    for (const auto& [key, value] : metadata) {
      if (!key.starts_with(prefix_)) continue;
      auto decoded = Codec::decode(value);
      if (!decoded) {
        broken.push_back(key);
        continue;
      }
      row_of(key.substr(prefix_.size())) = Row{std::move(decoded), std::nullopt, LogOffset{0}};
    }
    return broken;
  }

  // As the broker acts: including changes that are not durable yet.
  [[nodiscard]] const Value* find(std::string_view name) const {
    const auto row = rows_.find(name);
    return row == rows_.end() || !row->second.now ? nullptr : &*row->second.now;
  }
  // The log end from which the value of find() is durable.
  [[nodiscard]] LogOffset since(std::string_view name) const {
    const auto row = rows_.find(name);
    return row == rows_.end() ? LogOffset{0} : row->second.since;
  }
  // As others see it.
  [[nodiscard]] const Value* find_durable(std::string_view name) const {
    const auto row = rows_.find(name);
    return row == rows_.end() ? nullptr : durable_value(row->second);
  }
  // The durable ones, sorted by name. Views last until the next change.
  [[nodiscard]] std::vector<std::pair<std::string_view, const Value*>> durable() const {
    std::vector<std::pair<std::string_view, const Value*>> all;
    all.reserve(rows_.size());
    for (const auto& [name, row] : by_name_) {
      if (const auto* value = durable_value(*row)) all.emplace_back(name, value);
    }
    return all;
  }
  // The first durable one whose name comes after `name`: for walks that are too long for one step.
  [[nodiscard]] std::optional<std::pair<std::string_view, const Value*>> next(std::string_view name) const {
    for (auto row = by_name_.upper_bound(name); row != by_name_.end(); ++row) {
      if (const auto* value = durable_value(*row->second)) return std::pair(row->first, value);
    }
    return std::nullopt;
  }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

  // Sets all or none. The result is the log end to wait for; nothing is written for a value that is
  // already there.
  base::Result<LogOffset> put(std::vector<std::pair<std::string, Value>> values) {
    std::vector<storage::MetaChange> changes;
    LogOffset until{0};
    for (const auto& [name, value] : values) {
      const auto row = rows_.find(name);
      auto text = Codec::encode(value);
      if (row != rows_.end() && row->second.now && Codec::encode(*row->second.now) == text) {
        until = std::max(until, row->second.since);
      } else {
        changes.push_back({prefix_ + name, std::move(text)});
      }
    }
    if (changes.empty()) return until;
    const auto end = store_.put_meta(changes);
    if (!end) return end.error();
    for (auto& [name, value] : values) change(name, std::move(value), *end);
    ++version_;
    return *end;
  }
  base::Result<LogOffset> put(std::string name, Value value) {
    std::vector<std::pair<std::string, Value>> one;
    one.emplace_back(std::move(name), std::move(value));
    return put(std::move(one));
  }

  // The result is the log end to wait for, also when the name is unknown or was removed before.
  base::Result<LogOffset> erase(std::string_view name) {
    const auto row = rows_.find(name);
    if (row == rows_.end()) return store_.durable();
    if (!row->second.now) return row->second.since;  // removed already, though perhaps not durably
    const auto end = store_.put_meta({{prefix_ + std::string(name), std::nullopt}});
    if (!end) return end.error();
    change(std::string(name), std::nullopt, *end);
    ++version_;
    std::erase_if(removed_, [&](const std::string& gone) { return forget(gone); });
    removed_.emplace_back(name);
    return *end;
  }

  // Counts changes; tools page by it.
  [[nodiscard]] std::int64_t version() const { return version_; }

 private:
  struct Row {
    std::optional<Value> now;     // nothing: removed
    std::optional<Value> before;  // what others see until `since` is durable
    LogOffset since;
  };

  Row& row_of(const std::string& name) {
    const auto [row, added] = rows_.try_emplace(name);
    if (added) by_name_.emplace(row->first, &row->second);
    return row->second;
  }
  // True when nothing is left to forget: it came back, or was removed and nobody sees it any more.
  bool forget(const std::string& name) {
    const auto row = rows_.find(name);
    if (row == rows_.end() || row->second.now) return true;
    if (row->second.since > store_.durable()) return false;
    by_name_.erase(name);
    rows_.erase(row);
    return true;
  }
  void change(const std::string& name, std::optional<Value> value, LogOffset end) {
    auto& row = row_of(name);
    if (row.since <= store_.durable()) row.before = std::move(row.now);
    row.now = std::move(value);
    row.since = end;
  }
  const Value* durable_value(const Row& row) const {
    const auto& value = row.since <= store_.durable() ? row.now : row.before;
    return value ? &*value : nullptr;
  }

  storage::MessageStore& store_;
  std::string prefix_;
  TextMap<Row> rows_;
  std::map<std::string_view, const Row*> by_name_;  // views of rows_
  std::vector<std::string> removed_;                // perhaps still seen by others
  std::int64_t version_ = 0;
};

}  // namespace mq::broker
