// Any text as what clients and tools hand back or write into a field: receipts of popped messages, recall
// handles, tag expressions, base64, settings, faults. What is read comes back from its own encoding.
#include <cstdint>
#include <string>
#include <vector>

#include "mq/base/assert.hpp"
#include "mq/base/base64.hpp"
#include "mq/broker/fault_rule.hpp"
#include "mq/broker/pop/receipt.hpp"
#include "mq/broker/recall_handle.hpp"
#include "mq/broker/runtime_config.hpp"
#include "mq/broker/tag_filter.hpp"
#include "mq/model/names.hpp"

namespace {

using namespace mq::broker;  // NOLINT(google-build-using-namespace)

void check_receipt(std::string_view text) {
  const auto receipt = parse_pop_receipt(text);
  if (!receipt) return;
  const auto again = parse_pop_receipt(format_pop_receipt(*receipt));
  BASE_ASSERT(again && *again == *receipt, "our own receipt comes back");
  const auto topic = pop_real_topic(std::string_view(&receipt->retry_flag, 1), "g", "T");
  BASE_ASSERT(!topic || pop_retry_flag(*topic) == receipt->retry_flag, "a topic and its flag agree");
}

void check_recall_handle(std::string_view text) {
  const auto handle = decode_recall_handle(text);
  if (!handle) return;
  const auto again = decode_recall_handle(encode_recall_handle(*handle));
  BASE_ASSERT(again && *again == *handle, "our own handle comes back");
}

void check_base64(std::string_view text) {
  BASE_ASSERT(base::from_base64(base::to_base64(text)) == text, "base64 comes back");
  if (const auto bytes = base::from_base64(text))
    BASE_ASSERT(bytes->size() <= text.size(), "it only shrinks");
}

void check_tags(std::string_view text) {
  const auto filter = TagFilter::parse(text);
  if (!filter) return;
  const auto tag = text.substr(0, text.find('|'));
  if (filter->matches(tag)) BASE_ASSERT(filter->may_match(mq::tag_hash(tag)), "the hash says yes first");
  const std::vector<std::string> tags{std::string(tag)};
  BASE_ASSERT(TagFilter::of(tags).matches(tag), "of a list, too");
}

// All or nothing: what is refused changes nothing.
void check_settings(std::string_view text) {
  RuntimeConfig config("brokerName=b\nautoCreateTopicEnable=true\ntransactionCheckMax=15\n", 0);
  std::int64_t taken = 15;
  config.may_switch("autoCreateTopicEnable", [](bool) {});
  config.may_set("transactionCheckMax", 1, 100, [&taken](std::int64_t value) { taken = value; });
  const auto before = config.lines();
  const bool refused = config.update(text).code != response_code::kSuccess;
  BASE_ASSERT(!refused || (config.lines() == before && config.changes() == 0), "a refusal changes nothing");
  BASE_ASSERT(taken >= 1 && taken <= 100, "within its bounds");
}

void check_fault(std::string_view text) {
  const auto fault = parse_fault(text);
  BASE_ASSERT(fault.rule.has_value() == fault.problem.empty(), "a refusal says why");
  if (!fault.rule) return;
  BASE_ASSERT(!format_faults({{1, *fault.rule, 0}}).empty(), "it can be listed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_receipt(text);
  check_recall_handle(text);
  check_base64(text);
  check_tags(text);
  check_settings(text);
  check_fault(text);
  static_cast<void>(properties_of(std::as_bytes(std::span(data, size))));
  return 0;
}
