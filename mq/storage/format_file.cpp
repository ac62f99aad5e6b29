#include "mq/storage/format_file.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

#include "mq/base/checksum.hpp"

namespace mq::storage {
namespace {

namespace errc = boost::system::errc;

constexpr std::string_view kTitle = "sluice-store ";
constexpr std::size_t kFileSizeMax = 256;
constexpr int kHex = 16;
constexpr int kDecimal = 10;

std::string hex(std::uint64_t value, int digits) {
  std::array<char, 32> text{};
  const auto size =
      std::snprintf(text.data(), text.size(), "%0*llx", digits, static_cast<unsigned long long>(value));
  return {text.data(), static_cast<std::size_t>(size)};
}

// The text up to the next line end, taken off `rest`; nothing when there is no line end.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return {};
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> number_after(std::string_view line, std::string_view label, int base) {
  if (!line.starts_with(label)) return {};
  line.remove_prefix(label.size());
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), value, base);
  if (parsed.ec != std::errc{} || parsed.ptr != line.data() + line.size()) return {};
  return value;
}

}  // namespace

std::string encode_identity(const StoreIdentity& identity, int version) {
  auto text = std::string(kTitle) + std::to_string(version) + "\nid " + hex(identity.id.value(), 16) +
              "\nepoch " + std::to_string(identity.epoch) + "\n";
  return text + "crc " + hex(base::crc32c(base::bytes_of(text)), 8) + "\n";
}

base::Result<StoreIdentity> read_identity(Directory& directory, std::string& problem) {
  auto file = directory.open(kFormatFile);
  if (!file) {
    problem = "the file FORMAT cannot be opened: " + file.error().message();
    return file.error();
  }
  std::string text(kFileSizeMax, '\0');
  const auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(text)));
  if (!got) {
    problem = "the file FORMAT cannot be read: " + got.error().message();
    return got.error();
  }
  text.resize(*got);

  std::string_view rest = text;
  const auto title = take_line(rest);
  const auto version = title ? number_after(*title, kTitle, kDecimal) : std::nullopt;
  if (version && (*version < kFormatVersionReadable || *version > kFormatVersion)) {
    problem = "the data directory has format version " + std::to_string(*version) +
              ", this program reads versions " + std::to_string(kFormatVersionReadable) + " to " +
              std::to_string(kFormatVersion) + "; use the program that wrote it, or another directory";
    return make_error_code(errc::not_supported);
  }
  const auto id_line = take_line(rest);
  const auto epoch_line = take_line(rest);
  const auto id = id_line ? number_after(*id_line, "id ", kHex) : std::nullopt;
  const auto epoch = epoch_line ? number_after(*epoch_line, "epoch ", kDecimal) : std::nullopt;
  const StoreIdentity identity{StoreId{id.value_or(0)}, static_cast<std::uint32_t>(epoch.value_or(0))};
  // What it should be is one text only, so comparing the whole file finds every damage.
  if (!version || !id || !epoch || encode_identity(identity, static_cast<int>(*version)) != text) {
    problem = "the file FORMAT is damaged; restore the data directory from a backup";
    return make_error_code(errc::bad_message);
  }
  return identity;
}

base::Result<> write_identity(Directory& directory, const StoreIdentity& identity) {
  const auto temporary = std::string(kFormatFile) + ".tmp";
  auto file = directory.create(temporary);
  if (!file) return file.error();
  const auto text = encode_identity(identity);
  if (auto done = (*file)->write_at(0, base::bytes_of(text)); !done) return done;
  if (auto done = (*file)->sync(); !done) return done;
  if (auto done = directory.rename(temporary, kFormatFile); !done) return done;
  return directory.sync();
}

}  // namespace mq::storage
