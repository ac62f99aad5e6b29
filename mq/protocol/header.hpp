#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/system/errc.hpp>

#include "mq/base/result.hpp"
#include "mq/protocol/command.hpp"
#include "mq/protocol/field_text.hpp"

// The typed side of ext fields. A header is a struct with one `visit` that names each field once;
// the server decodes with it, the client encodes with it, and back:
//
//   struct UnregisterClientRequest {
//     static constexpr std::int32_t kCode = 35;
//     std::string client_id, producer_group, consumer_group;
//     template <class Self, class V> static void visit(Self& self, V& v) {
//       v.required("clientID", self.client_id);
//       v.optional("producerGroup", self.producer_group);
//       v.optional("consumerGroup", self.consumer_group);
//     }
//   };
//
// Field types: std::string, std::int32_t, std::int64_t, bool ("true"/"false"), std::optional of these.
namespace mq::protocol {

// Every required field present, every number a number: else errc::invalid_argument, and `problem`
// (when given) names the field in one sentence.
template <class Header>
base::Result<Header> decode_header(const CommandView& command, std::string* problem = nullptr);
template <class Header>
base::Result<Header> decode_header(const Command& command, std::string* problem = nullptr);

// Adds the header's fields to `command.ext`; absent optionals and empty optional strings are left out.
template <class Header>
void encode_header(const Header& header, Command& command);

// A request command with code, header and body.
template <class Header>
Command make_request(const Header& header, std::string body = {});

namespace detail {

// The visitor that fills a header from a command's ext fields. The first problem wins.
template <class Source>
class FieldReader {
 public:
  explicit FieldReader(const Source& source) : source_(source) {}

  template <class T>
  void required(std::string_view name, T& into) {
    if (const auto text = find(name)) {
      read(name, *text, into);
    } else {
      fail(missing_field(name));
    }
  }
  // Absent: `into` keeps its default.
  template <class T>
  void optional(std::string_view name, T& into) {
    if (const auto text = find(name)) read(name, *text, into);
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  std::optional<std::string_view> find(std::string_view name) {
    if constexpr (std::is_same_v<Source, Command>) {
      return source_.find(name);
    } else {
      const FieldView* const field = source_.find(name);
      if (field == nullptr) return std::nullopt;
      if (!field->escaped) return field->value;
      unescaped_.clear();
      if (!unescape_to(unescaped_, *field)) fail(std::string(name).append(" has a broken escape"));
      return unescaped_;
    }
  }
  template <class T>
  void read(std::string_view name, std::string_view text, T& into) {
    if (!parse_field(text, into)) fail(bad_field(name, text));
  }
  template <class T>
  void read(std::string_view name, std::string_view text, std::optional<T>& into) {
    if (text.empty()) return;
    read(name, text, into.emplace());
  }
  void fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  const Source& source_;
  std::string unescaped_;
  std::string problem_;
};

// The visitor that appends a header's fields to a command.
class FieldWriter {
 public:
  explicit FieldWriter(Command& command) : command_(command) {}

  template <class T>
  void required(std::string_view name, const T& value) {
    command_.set(name, format_field(value));
  }
  template <class T>
  void optional(std::string_view name, const T& value) {
    required(name, value);
  }
  void optional(std::string_view name, const std::string& value) {
    if (!value.empty()) required(name, value);
  }
  template <class T>
  void optional(std::string_view name, const std::optional<T>& value) {
    if (value) optional(name, *value);
  }

 private:
  Command& command_;
};

template <class Header, class Source>
base::Result<Header> read_header(const Source& source, std::string* problem) {
  Header header;
  FieldReader<Source> reader(source);
  Header::visit(header, reader);
  if (reader.problem().empty()) return header;
  if (problem != nullptr) *problem = reader.problem();
  return make_error_code(boost::system::errc::invalid_argument);
}

}  // namespace detail

template <class Header>
base::Result<Header> decode_header(const CommandView& command, std::string* problem) {
  return detail::read_header<Header>(command, problem);
}
template <class Header>
base::Result<Header> decode_header(const Command& command, std::string* problem) {
  return detail::read_header<Header>(command, problem);
}

template <class Header>
void encode_header(const Header& header, Command& command) {
  detail::FieldWriter writer(command);
  Header::visit(header, writer);
}

template <class Header>
Command make_request(const Header& header, std::string body) {
  Command command;
  command.code = Header::kCode;
  command.body = std::move(body);
  encode_header(header, command);
  return command;
}

}  // namespace mq::protocol
