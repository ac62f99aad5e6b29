#pragma once
#include <boost/json/serialize.hpp>

#include <map>
#include <optional>
#include <string>

#include "chassis/signature.hpp"
#include "sandbox/channel_text.hpp"
#include "sandbox/gateway.hpp"
#include "sandbox/sandbox_fixture.hpp"

namespace sandbox {

// A merchant and the payment gateway it calls. The merchant checks the signature of every answer.
class GatewayTest : public SandboxTest {
 protected:
  using Form = std::map<std::string, std::string>;

  void SetUp() override {
    chassis::write_rsa_key_pair(folder_.path() / "gateway.pem", folder_.path() / "gateway.pub");
    chassis::write_rsa_key_pair(folder_.path() / "merchant.pem", folder_.path() / "merchant.pub");
    merchant_key_.emplace(folder_.path() / "merchant.pem");
    gateway_key_.emplace(folder_.path() / "gateway.pub");
    SandboxTest::SetUp();
  }
  void compose() override {
    auto& party = parties();
    gateway_.emplace(host().service(), party.http(), party.faults(), folder_.path(),
                     GatewayConfig{.key = folder_.path() / "gateway.pem",
                                   .merchant_key = folder_.path() / "merchant.pub",
                                   .public_url = public_url_});
    gateway_->add_routes(party.listener());
    host().service().tasks().spawn("gateway notifications", gateway_->run());
  }
  void dismantle() override { gateway_.reset(); }

  [[nodiscard]] Form signed_form(const std::string& method, const std::string& biz_content) const {
    Form form{{"app_id", GatewayConfig{}.app_id},
              {"method", method},
              {"charset", "utf-8"},
              {"sign_type", "RSA2"},
              {"version", "1.0"},
              {"notify_url", Receiver::url()},
              {"biz_content", biz_content}};
    form["sign"] = merchant_key_->sign(text_to_sign(form, "sign"));
    return form;
  }
  // The content of the gateway's answer to a form, its signature checked over the very bytes.
  boost::json::object send(const Form& form) {
    const auto answer = parties().post("/alipay/gateway.do", encode_form(form));
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto begin = answer.body.find("_response\":") + std::string_view("_response\":").size();
    const auto end = answer.body.rfind(",\"sign\":\"");
    const auto content = answer.body.substr(begin, end - begin);
    const auto sign = boost::json::parse(answer.body).at("sign").as_string();
    EXPECT_TRUE(gateway_key_->verify(content, std::string(sign))) << answer.body;
    return boost::json::parse(content).as_object();
  }
  boost::json::object call(const std::string& method, const boost::json::object& content) {
    return send(signed_form("alipay.trade." + method, boost::json::serialize(content)));
  }
  // "10000" for success, or the gateway's word for what is wrong.
  static std::string word(const boost::json::object& answer) {
    const auto* sub_code = answer.if_contains("sub_code");
    return std::string((sub_code != nullptr ? *sub_code : answer.at("code")).as_string());
  }

  boost::json::object create(const std::string& number = "A-1", const std::string& yuan = "123.45") {
    return call("precreate", {{"out_trade_no", number},
                              {"total_amount", yuan},
                              {"subject", "茶 & <tea>"},
                              {"time_expire", format_channel_time(host().now() + std::chrono::hours{1})}});
  }
  boost::json::object query(const std::string& number = "A-1") {
    return call("query", {{"out_trade_no", number}});
  }
  boost::json::object refund(const std::string& request_no, const std::string& yuan) {
    return call("refund", {{"out_trade_no", "A-1"}, {"out_request_no", request_no}, {"refund_amount", yuan}});
  }
  int pay(const std::string& number = "A-1") { return parties().post("/alipay/pay/" + number, "").status; }

  std::vector<boost::json::object> ledger(const std::string& number = "A-1") {
    const auto page = boost::json::parse(parties().get("/ledger/gateway?out_trade_no=" + number).body);
    std::vector<boost::json::object> entries;
    for (const auto& entry : page.at("entries").as_array()) entries.push_back(entry.as_object());
    return entries;
  }
  std::size_t entries(std::string_view type) {
    std::size_t found = 0;
    for (const auto& entry : ledger()) found += entry.at("type").as_string() == type ? 1 : 0;
    return found;
  }

  std::string public_url_ = "http://cashier";
  std::optional<chassis::RsaPrivateKey> merchant_key_;
  std::optional<chassis::RsaPublicKey> gateway_key_;
  std::optional<Gateway> gateway_;
};

}  // namespace sandbox
