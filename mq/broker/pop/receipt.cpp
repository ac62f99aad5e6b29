#include "mq/broker/pop/receipt.hpp"

#include <array>
#include <charconv>
#include <cstddef>

namespace mq::broker {
namespace {

template <class Number>
bool read(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size();
}

bool read(std::string_view text, QueueOffset& into) {
  std::int64_t value = 0;
  if (!read(text, value)) return false;
  into = QueueOffset{value};
  return true;
}

}  // namespace

std::string pop_retry_topic(std::string_view group, std::string_view topic) {
  return retry_topic(group).append("_").append(topic);
}

char pop_retry_flag(std::string_view topic) {
  if (!topic.starts_with(kRetryPrefix)) return '0';
  return topic.contains('+') ? '2' : '1';
}

std::optional<std::string> pop_real_topic(std::string_view flag, std::string_view group,
                                          std::string_view topic) {
  if (flag == "0") return std::string(topic);
  if (flag == "1") return pop_retry_topic(group, topic);
  if (flag == "2") return retry_topic(group).append("+").append(topic);
  return std::nullopt;
}

std::string format_pop_receipt(const PopReceipt& receipt) {
  std::string text = std::to_string(receipt.start.value());
  text.append(" ").append(std::to_string(receipt.pop_ms));
  text.append(" ").append(std::to_string(receipt.invisible_ms));
  text.append(" ").append(std::to_string(receipt.revive_queue));
  text.append(" ").append(1, receipt.retry_flag);
  text.append(" ").append(receipt.broker);
  text.append(" ").append(std::to_string(receipt.queue));
  return text.append(" ").append(std::to_string(receipt.offset.value()));
}

std::optional<PopReceipt> parse_pop_receipt(std::string_view text) {
  std::array<std::string_view, 8> field{};
  std::size_t count = 0;
  while (count < field.size()) {
    const auto blank = text.find(' ');
    field.at(count++) = text.substr(0, blank);
    if (blank == std::string_view::npos) break;
    text.remove_prefix(blank + 1);
  }
  PopReceipt receipt;
  const bool numbers = count >= 7 && read(field[0], receipt.start) && read(field[1], receipt.pop_ms) &&
                       read(field[2], receipt.invisible_ms) && read(field[3], receipt.revive_queue) &&
                       read(field[6], receipt.queue);
  if (!numbers || field[4].size() != 1) return std::nullopt;
  receipt.retry_flag = field[4].front();
  receipt.broker = field[5];
  receipt.offset = receipt.start;
  if (count == 8 && !read(field[7], receipt.offset)) return std::nullopt;
  return receipt;
}

}  // namespace mq::broker
