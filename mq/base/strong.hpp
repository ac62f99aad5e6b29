#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <utility>

namespace base {

// A number or string that means one thing only. Explicit to make, explicit to
// read, no arithmetic: an offset plus an offset does not compile.
template <class Tag, class T>
class Strong {
 public:
  using value_type = T;
  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(std::move(value)) {}
  [[nodiscard]] constexpr const T& value() const noexcept { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Strong& s) { return out << s.value_; }

 private:
  T value_{};
};

}  // namespace base

template <class Tag, class T>
struct std::hash<base::Strong<Tag, T>> {
  std::size_t operator()(const base::Strong<Tag, T>& s) const noexcept { return std::hash<T>{}(s.value()); }
};
