#include "mq/broker/processors/relay.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "mq/protocol/bodies_admin.hpp"

namespace mq::broker {
namespace {

// The member with this client id; any member when it is empty.
std::optional<Client> member_of(const ClientRegistry& clients, const std::string& group,
                                const std::string& client_id) {
  const auto* members = clients.find_consumers(group);
  if (members == nullptr) return std::nullopt;
  for (const auto& [connection, member] : members->members) {
    if (client_id.empty() || member.client.id == client_id) return member.client;
  }
  return std::nullopt;
}

Verdict not_online(const std::string& group, const std::string& client_id) {
  return refuse(response_code::kSystemError, "The Consumer <" + group + "> <" + client_id + "> not online");
}

// Code, remark and body go back as they came.
net::Server::Answered pass_on(const ReplyTo<NoHeader>& reply, const Client& client) {
  return [reply, id = client.id](const protocol::CommandView* answer) {
    if (answer == nullptr) {
      return reply(
          refuse(response_code::kConsumeMsgTimeout, "the consumer <" + id + "> did not answer within " +
                                                        std::to_string(kRelayLimit.count()) + " s, or left"));
    }
    Answer<> passed(Verdict{answer->code, std::string(answer->remark)});
    passed.body = base::text_of(answer->body);
    reply(passed);
  };
}

}  // namespace

void ConsumerRunningInfo::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto client = member_of(clients_, request.consumer_group, request.client_id);
  if (!client) return reply(not_online(request.consumer_group, request.client_id));
  ask_(client->connection, protocol::make_request(request), pass_on(reply, *client));
}

void ConsumeDirectly::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto client = member_of(clients_, request.consumer_group, request.client_id);
  if (!client) return reply(not_online(request.consumer_group, request.client_id));
  const auto id = parse_offset_message_id(request.msg_id);
  base::Bytes record;
  if (!id || !store_.read_record(id->at, record)) {
    return reply(refuse(response_code::kSystemError, "no message has the id " + request.msg_id));
  }
  auto relayed = request;
  relayed.client_id = client->id;
  relayed.broker = broker_;
  ask_(client->connection, protocol::make_request(relayed, std::string(base::text_of(record))),
       pass_on(reply, *client));
}

void ConsumerStatus::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto* group = clients_.find_consumers(request.group);
  if (group == nullptr) {
    return reply(refuse(response_code::kSystemError,
                        "No Any Consumer online in the consumer group: [" + request.group + "]"));
  }
  // Answers when the last consumer has, or has not in time: that is when nobody holds this any more.
  struct Collected {
    ReplyTo<Response> reply;
    protocol::ConsumerStatus status;
    explicit Collected(const ReplyTo<Response>& to) : reply(to) {}
    Collected(const Collected&) = delete;
    Collected& operator=(const Collected&) = delete;
    ~Collected() { reply(with_body(status)); }
  };
  const auto collected = std::make_shared<Collected>(reply);
  protocol::GetConsumerStatusFromClientRequest question;
  question.topic = request.topic;
  question.group = request.group;
  const auto members = group->members;
  for (const auto& [connection, member] : members) {
    const auto& id = member.client.id;
    if (!request.client_address.empty() && request.client_address != id) continue;
    ask_(connection, protocol::make_request(question), [collected, id](const protocol::CommandView* answer) {
      if (answer == nullptr || answer->code != response_code::kSuccess) return;
      auto said = protocol::decode_body<protocol::ConsumerStatus>(base::text_of(answer->body));
      if (said) collected->status.consumers[id] = std::move(said->message_queues);
    });
  }
}

}  // namespace mq::broker
