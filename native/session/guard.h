#pragma once

#include <exception>
#include <new>
#include <system_error>
#include <type_traits>

#include "core/result.h"

namespace stemwright::session {

/// Calls work() where nothing may throw: at the top of a thread or at a language border.
/// Memory or threads that run out are kNoRoom, any other exception kInternal.
template <typename Work>
std::invoke_result_t<Work&> guarded(Work&& work) noexcept {
  using core::Error;
  using core::ErrorCode;
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kNoRoom, "there is not enough memory"};
  } catch (const std::system_error& fault) {
    if (fault.code() == std::errc::resource_unavailable_try_again) {
      return Error{ErrorCode::kNoRoom, "the system has no more threads to give"};
    }
    return Error{ErrorCode::kInternal, fault.what()};
  } catch (const std::exception& exception) {
    return Error{ErrorCode::kInternal, exception.what()};
  } catch (...) {
    return Error{ErrorCode::kInternal, "an unknown fault in the engine"};
  }
}

}  // namespace stemwright::session
