#include "gpu/product_check.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gpu/ops.h"

namespace stemwright::gpu {
namespace {

constexpr std::size_t kSize = 64;
/// Of the largest value: floats give some 3e-7, single halves 3e-4.
constexpr double kMostError = 1e-5;

std::vector<float> noise(std::uint32_t seed) {
  std::vector<float> values(kSize * kSize);
  for (float& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<float>(seed >> 8) / 8388608.0f - 1.0f;
  }
  return values;
}

core::Result<double> errorOf(Device& device, const Shader& shader) {
  const std::vector<float> a = noise(1);
  const std::vector<float> b = noise(2);
  auto weight = uploadWeight(
      device, Storage::kFloat, kSize, kSize,
      [&](std::size_t k, std::size_t n) { return b[k * kSize + n]; },
      [](std::size_t) { return 0.0f; });
  STEMWRIGHT_TRY(weight);
  const std::size_t bytes = a.size() * sizeof(float);
  Dispatch dispatch = Ops(device, Storage::kFloat)
                          .linear("check", Binding::input(bytes), weight.value(), kSize,
                                  Activation::kNone, {}, {}, Binding::output(bytes));
  dispatch.shader = &shader;
  dispatch.groups = {1, 1, 1};
  Recording recording;
  recording.add(std::move(dispatch));
  auto program = device.compile(recording, {.inputBytes = bytes, .outputBytes = bytes, .slots = 1});
  STEMWRIGHT_TRY(program);
  std::vector<float> product(a.size(), NAN);
  STEMWRIGHT_TRY(program.value()->execute(a, product));
  double largest = 0;
  double error = 0;
  for (std::size_t row = 0; row < kSize; ++row) {
    for (std::size_t n = 0; n < kSize; ++n) {
      double sum = 0;
      for (std::size_t k = 0; k < kSize; ++k) {
        sum += static_cast<double>(a[row * kSize + k]) * static_cast<double>(b[k * kSize + n]);
      }
      largest = std::max(largest, std::fabs(sum));
      const double difference = std::fabs(sum - static_cast<double>(product[row * kSize + n]));
      if (!std::isfinite(difference)) return HUGE_VAL;
      error = std::max(error, difference);
    }
  }
  return error / largest;
}

}  // namespace

bool keepsFloat(Device& device, const Shader& shader) {
  const auto error = errorOf(device, shader);
  return error.ok() && error.value() < kMostError;
}

}  // namespace stemwright::gpu
