#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mq/storage/file.hpp"

namespace mq::storage {

// A directory as it would be if it could be changed: what is made stays in memory, what is removed is hidden,
// what is there already is never written. So recovery can be run on a store to see what it would say.
//
// Invariant: nothing below is written, created, renamed or removed. Its lock is taken, as every process takes
// it. Thread rule: one thread.
class ReadOnlyView final : public Directory {
 public:
  explicit ReadOnlyView(Directory& below) : below_(below) {}

  [[nodiscard]] base::Result<std::unique_ptr<File>> open(std::string_view name) override;
  [[nodiscard]] base::Result<std::unique_ptr<File>> create(std::string_view name) override;
  [[nodiscard]] base::Result<std::vector<std::string>> list() const override;
  [[nodiscard]] base::Result<> rename(std::string_view from, std::string_view to) override;
  [[nodiscard]] base::Result<> remove(std::string_view name) override;
  [[nodiscard]] base::Result<> sync() override { return {}; }
  [[nodiscard]] base::Result<> lock() override { return below_.lock(); }
  [[nodiscard]] base::Result<Space> space() const override { return below_.space(); }

 private:
  Directory& below_;
  std::map<std::string, std::shared_ptr<base::Bytes>, std::less<>> made_;
  std::set<std::string, std::less<>> hidden_;
};

// An existing directory, opened for reading alone. Throws std::runtime_error with a sentence that names it.
std::unique_ptr<Directory> open_posix_directory_to_read(const std::string& path);

}  // namespace mq::storage
