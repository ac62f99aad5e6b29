#include "mq/broker/answer.hpp"

#include <vector>

namespace mq::broker {

void send_answer(const net::Reply& reply, std::int32_t code, std::string_view remark,
                 const protocol::Command& fields, base::BytesView body) {
  std::vector<std::pair<std::string_view, std::string_view>> ext;
  ext.reserve(fields.ext.size());
  for (const auto& [key, value] : fields.ext) ext.emplace_back(key, value);
  protocol::ResponseView response;
  response.code = code;
  response.remark = remark;
  response.ext = ext;
  response.body = body;
  reply(response);
}

}  // namespace mq::broker
