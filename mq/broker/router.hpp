#pragma once
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mq/base/assert.hpp"
#include "mq/broker/answer.hpp"
#include "mq/protocol/body.hpp"
#include "mq/protocol/command.hpp"

namespace mq::broker {

// How a processor's Request comes out of a frame. Headers need nothing; a request that is more than its
// header says so here or beside its type. `scratch` keeps its capacity from request to request; a
// request may hold views into it.
template <class Request>
struct RequestCodec {
  static base::Result<Request> decode(const protocol::CommandView& command, std::string&,
                                      std::string* problem) {
    return protocol::decode_header<Request>(command, problem);
  }
};
template <>
struct RequestCodec<NoHeader> {
  static base::Result<NoHeader> decode(const protocol::CommandView&, std::string&, std::string*) {
    return NoHeader{};
  }
};
// A request that is its JSON body.
template <class Body>
struct RequestCodec<FromBody<Body>> {
  static base::Result<FromBody<Body>> decode(const protocol::CommandView& command, std::string&,
                                             std::string* problem) {
    auto body = protocol::decode_body<Body>(base::text_of(command.body));
    if (!body && problem != nullptr) *problem = "the body is not the JSON this request has";
    if (!body) return body.error();
    return FromBody<Body>{std::move(*body)};
  }
};

// A processor serves one family of request codes:
//
//   static constexpr std::int32_t kCode (or std::array kCodes);   static constexpr std::string_view kName;
//   using Request = …;   using Response = a header type;
//   Answer<Response> operator()(const Request&, const Caller&);                       answers at once
//   void operator()(const Request&, const Caller&, ReplyTo<Response> reply);          or when it can
template <class P>
concept AnswersAtOnce = requires(P& p, const typename P::Request& request, const Caller& caller) {
  { p(request, caller) } -> std::same_as<Answer<typename P::Response>>;
};

// Request code -> processor. The calls of add() are the list of what a server can do; there is no other
// registration. The only place that decodes requests.
//
// Thread rule: the hot thread. Processors outlive the router.
class Router {
 public:
  template <class Processor>
  void add(Processor& processor) {
    if constexpr (requires { Processor::kCodes; }) {
      for (const auto code : Processor::kCodes) add_row(code, processor);
    } else {
      add_row(Processor::kCode, processor);
    }
  }

  // `account`: whose rights a processor asks for what only the log knows; null: no bounds. Who may make the
  // request at all was decided before (front_door.hpp).
  void dispatch(const protocol::CommandView& request, const net::Peer& peer, net::Reply reply,
                const acl::Account* account);
  // "UNKNOWN" of a code without processor.
  [[nodiscard]] std::string_view name_of(std::int32_t code) const;

  struct Row {
    std::int32_t code = 0;
    std::string_view name;
    std::uint64_t calls = 0;
  };
  [[nodiscard]] std::vector<Row> rows() const;  // by code

 private:
  using Serve = void (*)(void* processor, const protocol::CommandView&, const Caller&, net::Reply,
                         std::string& scratch);
  struct Route {
    std::string_view name;
    void* processor;
    Serve serve;
    std::uint64_t calls = 0;
  };

  template <class Processor>
  void add_row(std::int32_t code, Processor& processor) {
    const bool added =
        routes_.try_emplace(code, Route{Processor::kName, &processor, &serve<Processor>}).second;
    BASE_ASSERT(added, "one processor per request code");
  }

  template <class Processor>
  static void serve(void* self, const protocol::CommandView& command, const Caller& caller, net::Reply raw,
                    std::string& scratch) {
    auto& processor = *static_cast<Processor*>(self);
    const ReplyTo<typename Processor::Response> reply(raw);
    std::string problem;
    const auto request = RequestCodec<typename Processor::Request>::decode(command, scratch, &problem);
    if (!request) return reply(refuse(response_code::kSystemError, std::move(problem)));
    if constexpr (AnswersAtOnce<Processor>) {
      reply(processor(*request, caller));
    } else {
      processor(*request, caller, reply);
    }
  }

  std::unordered_map<std::int32_t, Route> routes_;
  std::string scratch_;
};

}  // namespace mq::broker
