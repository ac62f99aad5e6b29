#include "push-service/push_store.hpp"

#include <algorithm>

namespace push {
namespace {

using chassis::Statement;
using chassis::Transaction;

// A day of tries, also for what the queue brought late; but what is two days old is no news.
constexpr std::chrono::hours kTriedFor{24};
constexpr std::chrono::hours kNewsFor{48};

constexpr Statement kInsertPush{
    "insert_push",
    "INSERT INTO push (order_no, template, message_id, user_id, title, body, state, next_try_at, expires_at, "
    "traceparent, created_at) VALUES ($1, $2, $3, $4, $5, $6, 'PENDING', $7, $8, $9, $7) ON CONFLICT DO "
    "NOTHING"};
constexpr Statement kRememberContact{
    "remember_contact", "INSERT INTO contact (order_no, phone) VALUES ($1, $2) ON CONFLICT DO NOTHING"};
constexpr Statement kPushesToSend{
    "pushes_to_send",
    "SELECT p.*, c.phone FROM push p LEFT JOIN contact c USING (order_no) "
    "WHERE p.state = 'PENDING' AND p.next_try_at <= $1 ORDER BY p.next_try_at LIMIT $2"};
constexpr Statement kNextPush{"next_push", "SELECT min(next_try_at) AS at FROM push WHERE state = 'PENDING'"};
constexpr Statement kFinishPush{
    "finish_push",
    "UPDATE push SET state = $2, channel = $3, attempts = attempts + 1, next_try_at = NULL, last_error = $4 "
    "WHERE message_id = $1 AND state = 'PENDING'"};
constexpr Statement kPostponePush{
    "postpone_push",
    "UPDATE push SET attempts = attempts + 1, next_try_at = $2, last_error = $3 "
    "WHERE message_id = $1 AND state = 'PENDING'"};
constexpr Statement kNextSequence{
    "next_sequence",
    "INSERT INTO push_sequence (order_no, last) VALUES ($1, 1) "
    "ON CONFLICT (order_no) DO UPDATE SET last = push_sequence.last + 1 RETURNING last"};
constexpr Statement kPushesOf{"pushes_of",
                              "SELECT * FROM push WHERE order_no = $1 ORDER BY created_at, template"};

}  // namespace

bool insert_push(Transaction& tx, const std::string& order_no, const Text& text,
                 const std::string& traceparent, base::Time happened_at, base::Time now) {
  const auto message_id = order_no + "-" + std::string(text.name);
  const base::Time expires = std::min<base::Time>(now + kTriedFor, happened_at + kNewsFor);
  return tx.run(kInsertPush, {order_no, text.name, message_id, text.user_id, text.title, text.body, now,
                              expires, traceparent})
             .affected == 1;
}

void remember_contact(Transaction& tx, const std::string& order_no, const std::string& phone) {
  tx.run(kRememberContact, {order_no, phone});
}

std::vector<Push> pushes_to_send(Transaction& tx, base::Time now, std::int64_t limit) {
  std::vector<Push> pushes;
  for (const auto& row : tx.run(kPushesToSend, {now, limit}).rows) {
    pushes.push_back({.order_no = row.text("order_no"),
                      .template_name = row.text("template"),
                      .message_id = row.text("message_id"),
                      .user_id = row.text("user_id"),
                      .title = row.text("title"),
                      .body = row.text("body"),
                      .traceparent = row.text("traceparent"),
                      .attempts = row.integer("attempts"),
                      .expires_at = row.time("expires_at"),
                      .phone = row.maybe_text("phone")});
  }
  return pushes;
}

std::optional<base::Time> next_push(Transaction& tx) { return tx.run(kNextPush).front().maybe_time("at"); }

bool finish_push(Transaction& tx, const std::string& message_id, std::string_view state,
                 const std::optional<std::string>& channel, const std::string& last_error) {
  return tx.run(kFinishPush, {message_id, state, channel, last_error}).affected == 1;
}

void postpone_push(Transaction& tx, const std::string& message_id, base::Time next_try_at,
                   const std::string& last_error) {
  tx.run(kPostponePush, {message_id, next_try_at, last_error});
}

std::int64_t next_sequence(Transaction& tx, const std::string& order_no) {
  return tx.run(kNextSequence, {order_no}).front().integer("last");
}

boost::json::value pushes_of(Transaction& tx, const std::string& order_no) {
  boost::json::array pushes;
  for (const auto& row : tx.run(kPushesOf, {order_no}).rows) {
    boost::json::value channel;
    if (const auto text = row.maybe_text("channel")) channel = *text;
    pushes.push_back({{"template", row.text("template")},
                      {"message_id", row.text("message_id")},
                      {"state", row.text("state")},
                      {"channel", channel},
                      {"attempts", row.integer("attempts")},
                      {"last_error", row.text("last_error")}});
  }
  return {{"order_no", order_no}, {"pushes", std::move(pushes)}};
}

}  // namespace push
