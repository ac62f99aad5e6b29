// Any text as a selector, and any text as properties behind a zero byte: refused with a sentence, or parsed
// and answered.
#include <cstdint>

#include "mq/base/assert.hpp"
#include "mq/filter/selector.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto text = input.substr(0, input.find('\0'));
  const auto properties = text.size() < input.size() ? input.substr(text.size() + 1) : std::string_view();
  std::string problem;
  const auto selector = mq::filter::Selector::parse(text, problem);
  BASE_ASSERT(selector.has_value() == problem.empty(), "a refusal says why");
  if (selector) static_cast<void>(selector->matches(properties));
  return 0;
}
