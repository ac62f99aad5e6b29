#include "mq/acl/accounts_file.hpp"

#include <sys/stat.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <initializer_list>
#include <set>
#include <sstream>
#include <stdexcept>

#include "mq/model/names.hpp"

namespace mq::acl {
namespace {

constexpr std::size_t kFileSizeMax = std::size_t{4} << 20;
constexpr std::size_t kSecretSizeMin = 7;

// Caught where the file was asked for.
class Wrong : public std::runtime_error {
 public:
  Wrong(const YAML::Node& at, const std::string& what)
      : std::runtime_error("line " + std::to_string(at.Mark().line + 1) + ": " + what) {}
};

std::string text_of(const YAML::Node& node, const std::string& key) {
  if (!node.IsScalar() && !node.IsNull()) throw Wrong(node, key + " is one value");
  return node.IsNull() ? std::string() : node.Scalar();
}

bool flag_of(const YAML::Node& node, const std::string& key) {
  bool value = false;
  if (!node.IsScalar() || !YAML::convert<bool>::decode(node, value)) {
    throw Wrong(node, key + " is true or false");
  }
  return value;
}

// A map with these keys only, each once.
void check_keys(const YAML::Node& node, const std::string& what,
                std::initializer_list<std::string_view> known) {
  if (!node.IsMap()) throw Wrong(node, what + " is a map of keys and values");
  std::set<std::string> seen;
  for (const auto& member : node) {
    const auto key = text_of(member.first, "a key");
    if (std::ranges::find(known, key) == known.end()) throw Wrong(member.first, what + " has no key " + key);
    if (!seen.insert(key).second) throw Wrong(member.first, key + " is there twice");
  }
}

Permission permission_of(const YAML::Node& at, const std::string& text) {
  if (text == "DENY") return {};
  if (text == "PUB") return {action::kPub | action::kGet};
  if (text == "SUB") return {action::kSub | action::kGet};
  if (text == "PUB|SUB" || text == "SUB|PUB") return {action::kPub | action::kSub | action::kGet};
  throw Wrong(at, "a permission is DENY, PUB, SUB or PUB|SUB, not \"" + text + "\"");
}

// ["name=PUB|SUB", …]
std::map<std::string, Permission, std::less<>> permissions_of(const YAML::Node& list, const std::string& key,
                                                              bool (*is_valid)(std::string_view)) {
  std::map<std::string, Permission, std::less<>> permissions;
  if (list.IsNull()) return permissions;
  if (!list.IsSequence()) throw Wrong(list, key + " is a list of name=permission");
  for (const auto& item : list) {
    const auto text = text_of(item, key);
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    if (equals == std::string::npos) throw Wrong(item, key + " has name=permission, not \"" + text + "\"");
    if (!is_valid(name)) throw Wrong(item, key + ": \"" + name + "\" is no name");
    if (!permissions.emplace(name, permission_of(item, text.substr(equals + 1))).second) {
      throw Wrong(item, key + " names " + name + " twice");
    }
  }
  return permissions;
}

void add_addresses(const YAML::Node& node, const std::string& key, AddressRules& rules) {
  const auto text = text_of(node, key);
  if (!rules.add(text)) throw Wrong(node, key + ": \"" + text + "\" is no IPv4 address or pattern of one");
}

Account account_of(const YAML::Node& node) {
  check_keys(node, "an account",
             {"accessKey", "secretKey", "whiteRemoteAddress", "admin", "defaultTopicPerm", "defaultGroupPerm",
              "topicPerms", "groupPerms"});
  if (!node["accessKey"] || !node["secretKey"]) throw Wrong(node, "an account has accessKey and secretKey");
  const auto access_key = text_of(node["accessKey"], "accessKey");
  const auto secret = text_of(node["secretKey"], "secretKey");
  if (access_key.empty()) throw Wrong(node["accessKey"], "accessKey is empty");
  if (secret.size() < kSecretSizeMin) {
    throw Wrong(node["secretKey"], "the secretKey of " + access_key + " is shorter than 7 characters");
  }
  Account account{.access_key = access_key, .key = protocol::SigningKey(secret)};
  if (const auto at = node["whiteRemoteAddress"]) add_addresses(at, "whiteRemoteAddress", account.trusted);
  if (const auto at = node["admin"]) account.admin = flag_of(at, "admin");
  if (const auto at = node["defaultTopicPerm"]) {
    account.default_topic = permission_of(at, text_of(at, "defaultTopicPerm"));
  }
  if (const auto at = node["defaultGroupPerm"]) {
    account.default_group = permission_of(at, text_of(at, "defaultGroupPerm"));
  }
  if (const auto at = node["topicPerms"]) account.topics = permissions_of(at, "topicPerms", is_valid_topic);
  if (const auto at = node["groupPerms"]) account.groups = permissions_of(at, "groupPerms", is_valid_group);
  return account;
}

Accounts accounts_of(const YAML::Node& root) {
  Accounts accounts;
  if (root.IsNull()) throw Wrong(root, "the file is empty: nobody could log in");
  check_keys(root, "the file", {"globalWhiteRemoteAddresses", "accounts"});
  if (const auto list = root["globalWhiteRemoteAddresses"]; list && !list.IsNull()) {
    if (!list.IsSequence()) throw Wrong(list, "globalWhiteRemoteAddresses is a list of addresses");
    for (const auto& item : list) add_addresses(item, "globalWhiteRemoteAddresses", accounts.trusted);
  }
  const auto list = root["accounts"];
  if (list && !list.IsNull() && !list.IsSequence()) throw Wrong(list, "accounts is a list");
  for (const auto& item : list ? list : YAML::Node(YAML::NodeType::Sequence)) {
    auto account = account_of(item);
    auto key = account.access_key;
    if (!accounts.by_key.emplace(key, std::move(account)).second) {
      throw Wrong(item, "the account " + key + " is there twice");
    }
  }
  if (accounts.by_key.empty() && accounts.trusted.empty()) {
    throw Wrong(root, "no account and no trusted address: nobody could log in");
  }
  return accounts;
}

}  // namespace

std::variant<Accounts, BadFile> parse_accounts(std::string_view yaml) {
  try {
    const auto documents = YAML::LoadAll(std::string(yaml));
    if (documents.size() != 1) return BadFile{"the file is empty, or more than one document"};
    return accounts_of(documents.front());
  } catch (const YAML::Exception& error) {
    return BadFile{"line " + std::to_string(error.mark.line + 1) + ": " + error.msg};
  } catch (const Wrong& error) {
    return BadFile{error.what()};
  }
}

std::variant<Accounts, BadFile> read_accounts(const std::filesystem::path& file) {
  const auto named = [&file](const std::string& problem) { return BadFile{file.string() + ": " + problem}; };
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) return named(error.message());
  if (size > kFileSizeMax) return named("larger than 4 MiB: this is no file of accounts");
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) return named("cannot be read");
  auto accounts = parse_accounts(text.str());
  if (const auto* bad = std::get_if<BadFile>(&accounts)) return named(bad->problem);
  return accounts;
}

bool is_readable_by_others(const std::filesystem::path& file) {
  struct stat status{};
  return ::stat(file.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

}  // namespace mq::acl
