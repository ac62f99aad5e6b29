#pragma once
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace mq::net::testing {

// A certificate that signed itself and its key, as files that go with the test.
class TestCertificate {
 public:
  TestCertificate() : folder_(std::filesystem::temp_directory_path() / unique_name()) {
    std::filesystem::create_directory(folder_);
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const made = X509_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, key);
    X509_NAME* const name = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("sluice-test"), -1, -1, 0);
    X509_set_issuer_name(made, name);
    const bool good = X509_sign(made, key, EVP_sha256()) > 0 &&
                      write(certificate(), [made](FILE* file) { return PEM_write_X509(file, made); }) &&
                      write(this->key(), [key](FILE* file) {
                        return PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
                      });
    X509_free(made);
    EVP_PKEY_free(key);
    if (!good) throw std::runtime_error("no certificate for the test");
  }
  ~TestCertificate() { std::filesystem::remove_all(folder_); }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  [[nodiscard]] std::filesystem::path certificate() const { return folder_ / "cert.pem"; }
  [[nodiscard]] std::filesystem::path key() const { return folder_ / "key.pem"; }

 private:
  static std::string unique_name() {
    static std::atomic<int> last{0};
    return "sluice-tls-" + std::to_string(::getpid()) + "-" + std::to_string(++last);
  }
  template <class Write>
  static bool write(const std::filesystem::path& path, Write write) {
    FILE* const file = std::fopen(path.c_str(), "w");
    if (file == nullptr) return false;
    const bool written = write(file) == 1;
    return std::fclose(file) == 0 && written;
  }

  std::filesystem::path folder_;
};

}  // namespace mq::net::testing
