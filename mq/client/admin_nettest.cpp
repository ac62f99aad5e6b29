// Admin calls that put the words of several brokers together.
#include <gmock/gmock.h>

#include "mq/client/admin.hpp"
#include "mq/client/fake_cluster.hpp"
#include "mq/model/record.hpp"
#include "mq/protocol/codes.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers_pull.hpp"

namespace mq::client {
namespace {
namespace asio = boost::asio;
using ::testing::ElementsAre;
using testing::FakeBroker;
using testing::FakeCluster;

// The answer of a broker that has messages with these store times.
FakeBroker::Script found(const std::vector<std::int64_t>& store_times) {
  FakeBroker::Script script{FakeBroker::Deed::answer, {}};
  protocol::encode_header(protocol::QueryMessageResponse{}, script.answer);
  for (const auto at : store_times) {
    Record record;
    record.topic = "T";
    record.store_ms = at;
    record.log_offset = LogOffset{at * 10};
    base::Bytes bytes(encoded_size(record));
    encode_record(record, bytes.data());
    script.answer.body.append(base::text_of(bytes));
  }
  return script;
}

TEST(AdminTest, OfWhatAllBrokersFindTheNewestStay) {
  asio::io_context context;
  FakeCluster cluster(context);
  FakeBroker a(cluster, "a");
  FakeBroker b(cluster, "b");
  cluster.topics["T"] = 1;
  const auto answers = [](std::vector<std::int64_t> times) {
    return [times = std::move(times)](const protocol::Command& request) {
      return request.code == protocol::request_code::kQueryMessage ? found(times) : FakeBroker::Script{};
    };
  };
  a.script = answers({7, 3});
  b.script = answers({8, 5});
  std::vector<std::int64_t> times;
  testing::run(context, [&]() -> asio::awaitable<void> {
    ClientOptions options;
    options.name_servers = {a.address()};
    Client client(context.get_executor(), options);
    Admin admin(client);
    for (const auto& message : co_await admin.find_by_key("T", "key", 2)) times.push_back(message.store_ms);
    co_await client.stop();
    co_await a.close();
    co_await b.close();
  }());
  EXPECT_THAT(times, ElementsAre(7, 8));
}

}  // namespace
}  // namespace mq::client
