#pragma once
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "mq/acl/accounts.hpp"
#include "mq/base/bytes.hpp"
#include "mq/net/server.hpp"
#include "mq/protocol/body.hpp"
#include "mq/protocol/codes.hpp"
#include "mq/protocol/header.hpp"

namespace mq::broker {

namespace response_code = protocol::response_code;

// Who asks.
struct Caller {
  net::Peer peer;
  std::string_view language;  // of the frame; do not keep
  std::int32_t version = 0;
  const acl::Account* account = nullptr;  // null: nothing is forbidden. Do not keep

  // For what the request does not name: the topic of a message that the log holds.
  [[nodiscard]] bool may(std::string_view topic, acl::Actions any_of) const {
    return account == nullptr || account->may(acl::Resource::topic, topic, any_of);
  }
};

// A request was understood and is not granted; or a request that only says yes.
struct Verdict {
  std::int32_t code = response_code::kSuccess;
  std::string remark;
};
inline Verdict refuse(std::int32_t code, std::string remark) { return {code, std::move(remark)}; }

// An administrative change that the log would not take.
inline Verdict cannot_store(const boost::system::error_code& error) {
  return refuse(response_code::kSystemError, "the change cannot be stored: " + error.message());
}

// A request or a response without ext fields.
struct NoHeader {
  template <class Self, class V>
  static void visit(Self&, V&) {}
};

// What a processor answers: a verdict, or a header and a body, or both (a pull that found nothing still
// says where to go on).
template <class Header = NoHeader>
struct Answer {
  Answer() = default;
  Answer(Verdict said) : verdict(std::move(said)) {}  // NOLINT: a refusal is an answer
  Answer(Header ext) : header(std::move(ext)) {}      // NOLINT: so are its fields
  Answer(Header ext, std::string text) : header(std::move(ext)), body(std::move(text)) {}

  Verdict verdict;
  std::optional<Header> header;
  std::string body;
};

// An answer whose body is JSON.
template <class Header, class Body>
Answer<Header> with_body(Header header, const Body& body) {
  return {std::move(header), protocol::encode_body(body)};
}
template <class Body>
Answer<> with_body(const Body& body) {
  return {NoHeader{}, protocol::encode_body(body)};
}
// "Yes", with nothing to add.
inline Answer<> done() { return {NoHeader{}}; }

// A request that is the JSON in its body.
template <class Body>
struct FromBody {
  Body body;
};

// Writes ext fields one after the other into the response.
void send_answer(const net::Reply& reply, std::int32_t code, std::string_view remark,
                 const protocol::Command& fields, base::BytesView body);

// The typed way back for answers that come later. Cheap to copy; answer once.
template <class Header>
class ReplyTo {
 public:
  explicit ReplyTo(net::Reply raw) : raw_(raw) {}
  void operator()(const Answer<Header>& answer) const {
    protocol::Command fields;
    if (answer.header) protocol::encode_header(*answer.header, fields);
    send_answer(raw_, answer.verdict.code, answer.verdict.remark, fields, base::bytes_of(answer.body));
  }
  // The same without a copy of a body that is bytes already: pulled messages.
  void operator()(const Verdict& verdict, const Header& header, base::BytesView body) const {
    protocol::Command fields;
    protocol::encode_header(header, fields);
    send_answer(raw_, verdict.code, verdict.remark, fields, body);
  }
  [[nodiscard]] net::ConnectionKey connection() const { return raw_.connection; }
  [[nodiscard]] const net::Reply& raw() const { return raw_; }

 private:
  net::Reply raw_;
};

}  // namespace mq::broker
