#pragma once

#include <exception>
#include <new>
#include <type_traits>

#include "core/result.h"

namespace stemwright::session {

/// Calls work() where nothing may throw: at the top of a thread or at a language border.
/// Memory that runs out is kNoRoom, any other exception kInternal.
template <typename Work>
std::invoke_result_t<Work&> guarded(Work&& work) noexcept {
  using core::Error;
  using core::ErrorCode;
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kNoRoom, "there is not enough memory"};
  } catch (const std::exception& exception) {
    return Error{ErrorCode::kInternal, exception.what()};
  } catch (...) {
    return Error{ErrorCode::kInternal, "an unknown fault in the engine"};
  }
}

}  // namespace stemwright::session
