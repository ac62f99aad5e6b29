#include "order-service/buyer_api.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace order {
namespace {

using Routes = std::set<std::pair<std::string, std::string>>;

Routes described() {
  std::ifstream in(std::filesystem::path(__FILE__).parent_path() / "openapi.json");
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto document = boost::json::parse(text);
  Routes routes;
  for (const auto& [path, operations] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : operations.as_object()) {
      if (method == "parameters") continue;
      std::string upper(method);
      for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
      routes.emplace(upper, path);
    }
  }
  return routes;
}

TEST(BuyerApiTest, EveryRouteIsDescribedAndEveryDescribedRouteIsThere) {
  Routes served;
  for (const auto& [method, pattern] : BuyerApi::routes()) served.emplace(method, pattern);
  EXPECT_EQ(served.size(), BuyerApi::routes().size()) << "a route is there twice";
  EXPECT_EQ(served, described());
}

}  // namespace
}  // namespace order
