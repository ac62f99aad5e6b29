// Admin: what brokers keep back. Requests of our own (docs/compatibility.md).
#include <algorithm>
#include <iterator>
#include <utility>

#include "mq/client/admin_requests.hpp"
#include "mq/protocol/bodies_waiting.hpp"
#include "mq/protocol/headers_waiting.hpp"

namespace mq::client {
namespace asio = boost::asio;
namespace response = protocol::response_code;
namespace {

constexpr std::size_t kPage = 500;

// The pages of one broker until `max` messages are there or nothing more is shown. `behind(request, last)`
// moves the request on.
template <class Body, class Request, class Behind>
asio::awaitable<Body> read_pages(Client::Core& core, std::string address, Request request, std::size_t max,
                                 Behind behind) {
  Body all;
  while (all.messages.size() < max) {
    request.count = static_cast<std::int32_t>(std::min(kPage, max - all.messages.size()));
    const auto answer = co_await ask(core, address, protocol::make_request(request));
    if (answer.code == response::kRequestCodeNotSupported) {
      throw AdminError(address + " cannot say what it keeps back: it is no broker of ours, or an older one",
                       answer.code);
    }
    require_success(answer);
    auto page = read_body<Body>(answer);
    all.total = page.total;
    all.now_ms = page.now_ms;
    if (page.messages.empty()) break;
    behind(request, page.messages.back());
    std::ranges::move(page.messages, std::back_inserter(all.messages));
  }
  co_return all;
}

// "unique key, or else where it lies"
template <class Row>
std::string id_of(const Row& row) {
  return row.unique_key.empty() ? "log offset " + std::to_string(row.log_offset) : row.unique_key;
}

}  // namespace

asio::awaitable<Waiting<DelayedMessage>> Admin::delayed(std::size_t max) {
  Waiting<DelayedMessage> found;
  const auto info = co_await cluster(client_.core());
  for (const auto& [name, broker] : info.brokers) {
    if (broker.addresses.empty()) continue;
    const auto behind = [](protocol::ListDelayedMessagesRequest& request,
                           const protocol::DelayedMessage& last) {
      request.after_due_ms = last.due_ms;
      request.after_offset = last.log_offset;
    };
    const auto page =
        co_await read_pages<protocol::DelayedMessages>(client_.core(), broker.addresses.begin()->second,
                                                       protocol::ListDelayedMessagesRequest{}, max, behind);
    found.total += page.total;
    found.now_ms = std::max(found.now_ms, page.now_ms);
    for (const auto& row : page.messages) {
      found.messages.push_back(
          {name, row.topic, id_of(row), row.keys, row.due_ms, row.store_ms, row.recalled});
    }
  }
  std::ranges::sort(found.messages, {},
                    [](const DelayedMessage& row) { return std::pair(row.due_ms, row.store_ms); });
  if (found.messages.size() > max) found.messages.resize(max);
  co_return found;
}

asio::awaitable<Waiting<HalfMessage>> Admin::undecided(std::size_t max) {
  Waiting<HalfMessage> found;
  const auto info = co_await cluster(client_.core());
  for (const auto& [name, broker] : info.brokers) {
    if (broker.addresses.empty()) continue;
    const auto behind = [](protocol::ListHalfMessagesRequest& request, const protocol::HalfMessage& last) {
      request.after_offset = last.log_offset;
    };
    const auto page = co_await read_pages<protocol::HalfMessages>(
        client_.core(), broker.addresses.begin()->second, protocol::ListHalfMessagesRequest{}, max, behind);
    found.total += page.total;
    found.now_ms = std::max(found.now_ms, page.now_ms);
    for (const auto& row : page.messages) {
      found.messages.push_back({name, row.topic, id_of(row), row.keys, row.producer_group, row.store_ms,
                                row.next_check_in_ms, row.checks});
    }
  }
  std::ranges::sort(found.messages, {}, &HalfMessage::store_ms);
  if (found.messages.size() > max) found.messages.resize(max);
  co_return found;
}

}  // namespace mq::client
