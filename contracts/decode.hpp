#pragma once
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <boost/mp11/algorithm.hpp>

#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "mq/base/result.hpp"

namespace contracts {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
concept Described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

// JSON -> a described struct. Unknown fields are ignored and absent optionals
// stay empty, so old readers survive new writers. (Boost.JSON 1.81's own
// try_value_to() refuses both.)
template <class T>
base::Result<T> read(const boost::json::value& from) {
  if constexpr (is_optional<T>) {
    if (from.is_null()) return T{};
    auto inner = read<typename T::value_type>(from);
    if (!inner) return inner.error();
    return T{std::move(*inner)};
  } else if constexpr (is_vector<T>) {
    const auto* array = from.if_array();
    if (!array) return make_error_code(boost::json::error::not_array);
    T all;
    for (const auto& element : *array) {
      auto one = read<typename T::value_type>(element);
      if (!one) return one.error();
      all.push_back(std::move(*one));
    }
    return all;
  } else if constexpr (Described<T>) {
    const auto* object = from.if_object();
    if (!object) return make_error_code(boost::json::error::not_object);
    T whole{};
    boost::system::error_code error;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) {
          auto& field = whole.*member.pointer;
          using Field = std::remove_reference_t<decltype(field)>;
          if (error) return;
          const auto* value = object->if_contains(member.name);
          if (!value && is_optional<Field>) return;
          if (!value) {
            error = make_error_code(boost::json::error::not_found);
            return;
          }
          if (auto part = read<Field>(*value))
            field = std::move(*part);
          else
            error = part.error();
        });
    if (error) return error;
    return whole;
  } else {
    return boost::json::try_value_to<T>(from);
  }
}

template <class Event>
base::Result<Event> decode(std::string_view text) {
  boost::system::error_code error;
  const auto document = boost::json::parse({text.data(), text.size()}, error);
  if (error) return error;
  return read<Event>(document);
}

}  // namespace contracts
