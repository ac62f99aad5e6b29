#pragma once
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chassis/sql.hpp"

namespace warehouse {

struct Shipment {
  std::string shipment_no, order_no, request, traceparent;
  std::int64_t attempts = 0;
};

// What a change of a shipment left behind; nothing when it changed nothing.
struct Changed {
  std::string order_no, traceparent;
  std::int64_t version = 0;
};

// False when the order's shipment exists already.
bool insert_shipment(chassis::Transaction& tx, const Shipment& shipment, base::Time now);
std::vector<Shipment> shipments_to_request(chassis::Transaction& tx, base::Time now, std::int64_t limit);
std::optional<base::Time> next_request(chassis::Transaction& tx);
std::optional<Changed> accept_shipment(chassis::Transaction& tx, const std::string& shipment_no);
// Also when the acceptance has not been noted yet: the notice may overtake the answer.
std::optional<Changed> ship_shipment(chassis::Transaction& tx, const std::string& shipment_no,
                                     const std::string& carrier, const std::string& tracking_no);
void refuse_shipment(chassis::Transaction& tx, const std::string& shipment_no, const std::string& reason);
void postpone_request(chassis::Transaction& tx, const std::string& shipment_no, base::Time next_try_at,
                      const std::string& reason);
bool shipment_exists(chassis::Transaction& tx, const std::string& shipment_no);
bool insert_notice(chassis::Transaction& tx, const std::string& notice_id, const std::string& shipment_no,
                   std::string_view status, base::Time now);
std::optional<boost::json::value> shipment_of(chassis::Transaction& tx, const std::string& order_no);

}  // namespace warehouse
