#pragma once

#include <vector>

#include "core/thread_pool.h"
#include "gpu/ops.h"
#include "kernels/dispatch.h"
#include "tests/gpu/test_device.h"

namespace stemwright::testing {

/// What shaders are compared with.
inline const kernels::Kernels& scalar() {
  return *kernels::kernelsFor(kernels::Isa::kScalar);
}

inline core::ThreadPool& pool() {
  static core::ThreadPool threads(2);
  return threads;
}

/// Relative to the largest output: float rounds at 6e-8 a step, half at 5e-4 once.
inline double boundOf(gpu::Storage storage) {
  return storage == gpu::Storage::kHalf ? 1.5e-3 : 1e-5;
}

/// Those that the device has.
inline std::vector<gpu::Storage> storages() {
  std::vector<gpu::Storage> all{gpu::Storage::kFloat};
  if ((testDevice()->info().features & gpu::kHalf) != 0) all.push_back(gpu::Storage::kHalf);
  return all;
}

}  // namespace stemwright::testing
