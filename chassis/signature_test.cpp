#include "chassis/signature.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

namespace chassis {
namespace {

class SignatureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/sluice-signature-XXXXXX";
    folder_ = ::mkdtemp(name);
    write_rsa_key_pair(folder_ / "private.pem", folder_ / "public.pem");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(SignatureTest, OnlyTheSameTextVerifies) {
  const RsaPrivateKey ours(folder_ / "private.pem");
  const RsaPublicKey theirs(folder_ / "public.pem");
  const auto signature = ours.sign("a=1&b=2");
  EXPECT_TRUE(theirs.verify("a=1&b=2", signature));
  EXPECT_FALSE(theirs.verify("a=1&b=3", signature));
  EXPECT_FALSE(theirs.verify("b=2&a=1", signature));
}

TEST_F(SignatureTest, EveryChangedCharacterIsNoticed) {
  const RsaPrivateKey ours(folder_ / "private.pem");
  const RsaPublicKey theirs(folder_ / "public.pem");
  const auto signature = ours.sign("text");
  for (std::size_t i = 0; i < signature.size(); ++i) {
    auto altered = signature;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(theirs.verify("text", altered)) << i;
  }
  EXPECT_FALSE(theirs.verify("text", signature + "\n"));
  EXPECT_FALSE(theirs.verify("text", ""));
}

TEST_F(SignatureTest, AnotherKeyPairDoesNotVerify) {
  write_rsa_key_pair(folder_ / "other.pem", folder_ / "other_public.pem");
  EXPECT_FALSE(RsaPublicKey(folder_ / "other_public.pem")
                   .verify("t", RsaPrivateKey(folder_ / "private.pem").sign("t")));
}

TEST_F(SignatureTest, PrivateKeyIsReadableByItsOwnerOnly) {
  struct stat info{};
  ASSERT_EQ(::stat((folder_ / "private.pem").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(SignatureTest, MissingAndBrokenFilesAreNamed) {
  EXPECT_THROW(RsaPublicKey(folder_ / "nothing.pem"), std::runtime_error);
  std::ofstream(folder_ / "broken.pem") << "not a key";
  EXPECT_THROW(RsaPrivateKey(folder_ / "broken.pem"), std::runtime_error);
}

TEST(HmacTest, MatchesTheVectorOfRfc4231) {
  EXPECT_EQ(hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Base64Test, RoundTripsEveryLength) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    bytes.push_back(static_cast<char>(i * 7));
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
  }
  EXPECT_FALSE(base64_decode("a"));
  EXPECT_FALSE(base64_decode("!!!!"));
}

TEST(Base64Test, BytesHaveOneSpelling) {
  EXPECT_EQ(base64_decode("QQ=="), "A");
  for (const auto* other : {"QR==", "Qf==", " QQ==", "QQ==\n", "QQ= ", "QQ==QQ==", "QUI=", "QUJ=", "Q==="}) {
    EXPECT_NE(base64_decode(other), "A") << other;
  }
  EXPECT_FALSE(base64_decode("QR==")) << "bits under the padding";
  EXPECT_FALSE(base64_decode("QUJ="));
  EXPECT_FALSE(base64_decode("   QUJD  \n"));
}

}  // namespace
}  // namespace chassis
