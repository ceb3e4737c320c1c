#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace stemwright::core {

/// What kind of fault it was; the command line maps these to its exit codes.
enum class ErrorCode {
  kInvalidArgument,  ///< a caller's mistake: wrong size, wrong range
  kInput,            ///< audio that cannot be read
  kModel,            ///< weights or configuration that do not fit
  kNoRoom,           ///< disk or memory is full
  kOutput,           ///< a result that cannot be written
  kCancelled,
  kDeviceLost,  ///< a graphics processor that is not there, or no longer
  kInternal,
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  ///< one line: what, where
};

/// A value or an Error. Engine functions return this instead of throwing.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  const Error& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

/// Success, or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    assert(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

inline Status okStatus() {
  return {};
}

}  // namespace stemwright::core

/// Returns the error of a Status or Result to the caller.
#define STEMWRIGHT_TRY(expression)                         \
  do {                                                     \
    if (const auto& status_ = (expression); !status_.ok()) \
      return ::stemwright::core::Error(status_.error());   \
  } while (false)
