#include "order-service/buyer_api.hpp"

#include "order-service/payments_fixture.hpp"

namespace order {
namespace {

// The API's answers while the database is in trouble; all others are held to openapi.json by tests/contract.
class BuyerApiTest : public PaymentsTest {
 protected:
  void SetUp() override {
    PaymentsTest::SetUp();
    start_.emplace(slow_, *gateway_);
    close_.emplace(slow_, *gateway_, outbox_);
    api_.emplace(slow_, idempotency_, outbox_, *start_, *close_, clock_, random_,
                 BuyerApiConfig{.token_secret = std::string(32, 's')});
    api_->add_routes(*server_);
  }
  mq::net::HttpResponse get(const std::string& path) {
    mq::net::HttpResponse answer;
    runner_.run([&]() -> Void {
      answer = co_await http_.send("GET", url_ + path, {}, "", base::deadline_in(std::chrono::seconds{60}));
    });
    return answer;
  }
  chassis::DatabaseOptions impatient() {
    auto options = database_.options();
    options.statement_timeout = std::chrono::milliseconds{200};
    return options;
  }

  chassis::Database slow_{executor(), impatient()};
  chassis::Idempotency idempotency_{slow_};
  std::optional<StartPayment> start_;
  std::optional<CloseOrder> close_;
  std::optional<BuyerApi> api_;
};

TEST_F(BuyerApiTest, AStatementThatTakesTooLongMayBeAskedAgain) {
  database_.execute("BEGIN");
  database_.execute("LOCK TABLE product IN ACCESS EXCLUSIVE MODE");
  const auto answer = get("/catalogue");
  EXPECT_EQ(answer.status, 503) << answer.body;
  EXPECT_TRUE(answer.headers.contains("retry-after"));
  database_.execute("ROLLBACK");
  EXPECT_EQ(get("/catalogue").status, 200);
}

}  // namespace
}  // namespace order
