#include "mq/storage/read_only_view.hpp"

#include <algorithm>
#include <utility>

namespace mq::storage {
namespace {

namespace errc = boost::system::errc;

boost::system::error_code refused() { return make_error_code(errc::read_only_file_system); }

class FileInMemory final : public File {
 public:
  explicit FileInMemory(std::shared_ptr<base::Bytes> content) : content_(std::move(content)) {}

  base::Result<> write_at(std::size_t position, base::BytesView bytes) override {
    content_->resize(std::max(content_->size(), position + bytes.size()));
    std::ranges::copy(bytes, content_->begin() + static_cast<std::ptrdiff_t>(position));
    return {};
  }
  base::Result<std::size_t> read_at(std::size_t position, std::span<std::byte> into) const override {
    if (position >= content_->size()) return std::size_t{0};
    const auto count = std::min(into.size(), content_->size() - position);
    std::copy_n(content_->begin() + static_cast<std::ptrdiff_t>(position), count, into.begin());
    return count;
  }
  base::Result<> truncate(std::size_t size) override {
    content_->resize(size);
    return {};
  }
  base::Result<> allocate(std::size_t size) override { return truncate(size); }
  base::Result<> sync() override { return {}; }
  base::Result<std::size_t> size() const override { return content_->size(); }

 private:
  std::shared_ptr<base::Bytes> content_;
};

class FileToRead final : public File {
 public:
  explicit FileToRead(std::unique_ptr<File> below) : below_(std::move(below)) {}

  base::Result<> write_at(std::size_t, base::BytesView) override { return refused(); }
  base::Result<std::size_t> read_at(std::size_t position, std::span<std::byte> into) const override {
    return below_->read_at(position, into);
  }
  base::Result<> truncate(std::size_t) override { return refused(); }
  base::Result<> allocate(std::size_t) override { return refused(); }
  base::Result<> sync() override { return {}; }  // nothing was written
  base::Result<std::size_t> size() const override { return below_->size(); }

 private:
  std::unique_ptr<File> below_;
};

}  // namespace

base::Result<std::unique_ptr<File>> ReadOnlyView::open(std::string_view name) {
  const auto made = made_.find(name);
  if (made != made_.end()) return std::unique_ptr<File>(std::make_unique<FileInMemory>(made->second));
  if (hidden_.contains(name)) return make_error_code(errc::no_such_file_or_directory);
  auto file = below_.open(name);
  if (!file) return file.error();
  return std::unique_ptr<File>(std::make_unique<FileToRead>(std::move(*file)));
}

base::Result<std::unique_ptr<File>> ReadOnlyView::create(std::string_view name) {
  auto content = std::make_shared<base::Bytes>();
  made_.insert_or_assign(std::string(name), content);
  return std::unique_ptr<File>(std::make_unique<FileInMemory>(std::move(content)));
}

base::Result<std::vector<std::string>> ReadOnlyView::list() const {
  auto names = below_.list();
  if (!names) return names;
  std::erase_if(*names,
                [&](const std::string& name) { return hidden_.contains(name) || made_.contains(name); });
  for (const auto& [name, content] : made_) names->push_back(name);
  std::ranges::sort(*names);
  return names;
}

base::Result<> ReadOnlyView::rename(std::string_view from, std::string_view to) {
  const auto made = made_.find(from);
  if (made == made_.end()) return refused();
  auto content = made->second;
  made_.erase(made);
  made_.insert_or_assign(std::string(to), std::move(content));
  return {};
}

base::Result<> ReadOnlyView::remove(std::string_view name) {
  if (const auto made = made_.find(name); made != made_.end()) made_.erase(made);
  hidden_.emplace(name);
  return {};
}

}  // namespace mq::storage
