#pragma once
#include <map>
#include <string>
#include <string_view>

#include "mq/base/result.hpp"
#include "mq/broker/durable_map.hpp"

namespace mq::namesrv {

// Small settings that tools keep at the name server, by namespace and key (rocketmq-wire.md 2.4, codes 100
// to 102 and 219). Remembered as metadata "kv/…".
//
// Thread rule: the hot thread.
class KvConfig {
 public:
  explicit KvConfig(storage::MessageStore& store) : entries_(store, "kv/") {}

  void load(const broker::Metadata& metadata);
  base::Result<LogOffset> put(std::string_view name_space, std::string_view key, std::string value);
  base::Result<LogOffset> remove(std::string_view name_space, std::string_view key);
  [[nodiscard]] const std::string* find(std::string_view name_space, std::string_view key) const;
  [[nodiscard]] std::map<std::string, std::string> list(std::string_view name_space) const;

 private:
  struct Text {
    static std::string encode(const std::string& text) { return text; }
    static std::optional<std::string> decode(std::string_view text) { return std::string(text); }
  };
  broker::DurableMap<std::string, Text> entries_;
};

}  // namespace mq::namesrv
