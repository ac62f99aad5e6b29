#pragma once
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chassis/sql.hpp"
#include "push-service/templates.hpp"

namespace push {

struct Push {
  std::string order_no, template_name, message_id, user_id, title, body, traceparent;
  std::int64_t attempts = 0;
  base::Time expires_at;
  std::optional<std::string> phone;  // of the order's contact
};

// False when this order was told this before. It is tried for a day, and no longer than two days after it
// happened, however late it was heard.
bool insert_push(chassis::Transaction& tx, const std::string& order_no, const Text& text,
                 const std::string& traceparent, base::Time happened_at, base::Time now);
void remember_contact(chassis::Transaction& tx, const std::string& order_no, const std::string& phone);
std::vector<Push> pushes_to_send(chassis::Transaction& tx, base::Time now, std::int64_t limit);
std::optional<base::Time> next_push(chassis::Transaction& tx);
// False when another process was faster.
bool finish_push(chassis::Transaction& tx, const std::string& message_id, std::string_view state,
                 const std::optional<std::string>& channel, const std::string& last_error);
void postpone_push(chassis::Transaction& tx, const std::string& message_id, base::Time next_try_at,
                   const std::string& last_error);
std::int64_t next_sequence(chassis::Transaction& tx, const std::string& order_no);
boost::json::value pushes_of(chassis::Transaction& tx, const std::string& order_no);

}  // namespace push
