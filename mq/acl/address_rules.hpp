#pragma once
#include <array>
#include <bitset>
#include <optional>
#include <string_view>
#include <vector>

#include "mq/model/record.hpp"

namespace mq::acl {

// IPv4 addresses as plain_acl.yml names them, separated by commas: "10.1.2.3", "192.168.*.*", "*",
// "192.168.1-10.*", "10.0.0.{7,9}". Of an address only the ip counts, not the port.
class AddressRules {
 public:
  AddressRules() = default;  // matches nothing

  // Adds the rules of a text; an empty one adds none. False, with nothing added, when it makes no sense.
  [[nodiscard]] bool add(std::string_view text);
  [[nodiscard]] bool match(const Host& remote) const;
  [[nodiscard]] bool empty() const { return rules_.empty(); }

 private:
  using Octets = std::bitset<256>;  // the values one byte of an address may have
  using Rule = std::array<Octets, 4>;

  static std::optional<Octets> parse_octets(std::string_view text);
  static std::optional<Rule> parse(std::string_view text);

  std::vector<Rule> rules_;
};

}  // namespace mq::acl
