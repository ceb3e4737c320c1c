#include "gpu/product_check.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "core/noise.h"
#include "gpu/ops.h"

namespace stemwright::gpu {
namespace {

constexpr std::size_t kSize = 64;
constexpr std::size_t kBytes = kSize * kSize * sizeof(float);
/// Of the largest value: floats give some 3e-7, single halves 3e-4.
constexpr double kMostError = 1e-5;

/// Runs one dispatch, whose shader is the one to be checked. @return kSize x kSize values
core::Result<std::vector<float>> outputOf(Device& device, const Shader& shader, Dispatch dispatch) {
  dispatch.shader = &shader;
  Recording recording;
  recording.add(std::move(dispatch));
  auto program = device.compile(recording, {.outputBytes = kBytes, .slots = 1});
  STEMWRIGHT_TRY(program);
  std::vector<float> output(kSize * kSize, NAN);
  STEMWRIGHT_TRY(program.value()->execute({}, output));
  return output;
}

bool isClose(const core::Result<std::vector<float>>& actual, std::span<const double> expected) {
  if (!actual.ok()) return false;
  double largest = 0;
  double error = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::fabs(expected[i] - static_cast<double>(actual.value()[i]));
    if (!std::isfinite(difference)) return false;
    largest = std::max(largest, std::fabs(expected[i]));
    error = std::max(error, difference);
  }
  return error < kMostError * largest;
}

double at(std::span<const float> values, std::size_t row, std::size_t column) {
  return static_cast<double>(values[row * kSize + column]);
}

std::vector<double> productOf(std::span<const float> a, std::span<const float> b) {
  std::vector<double> product(kSize * kSize);
  for (std::size_t i = 0; i < product.size(); ++i) {
    for (std::size_t k = 0; k < kSize; ++k) product[i] += at(a, i / kSize, k) * at(b, k, i % kSize);
  }
  return product;
}

/// What is looked up also holds the values that are found.
std::vector<double> attentionOf(std::span<const float> query, std::span<const float> memory) {
  std::vector<double> result(kSize * kSize);
  for (std::size_t row = 0; row < kSize; ++row) {
    std::vector<double> found(kSize);
    double total = 0;
    for (std::size_t key = 0; key < kSize; ++key) {
      double score = 0;
      for (std::size_t k = 0; k < kSize; ++k) score += at(query, row, k) * at(memory, key, k);
      const double weight = std::exp(score / std::sqrt(static_cast<double>(kSize)));
      total += weight;
      for (std::size_t k = 0; k < kSize; ++k) found[k] += weight * at(memory, key, k);
    }
    for (std::size_t k = 0; k < kSize; ++k) result[row * kSize + k] = found[k] / total;
  }
  return result;
}

}  // namespace

bool keepsFloat(Device& device, const Shader& shader) {
  const std::vector<float> a = core::whiteNoise(kSize * kSize, 1);
  const std::vector<float> b = core::whiteNoise(kSize * kSize, 2);
  const auto weight = uploadWeight(
      device, Storage::kFloat, kSize, kSize,
      [&](std::size_t k, std::size_t n) { return b[k * kSize + n]; },
      [](std::size_t) { return 0.0f; });
  const auto x = uploadValues(device, a, Storage::kFloat);
  if (!weight.ok() || !x.ok()) return false;
  Dispatch dispatch = Ops(device, Storage::kFloat)
                          .linear("check", x.value(), weight.value(), kSize, Activation::kNone, {},
                                  {}, Binding::output(kBytes));
  dispatch.groups = {1, 1, 1};
  return isClose(outputOf(device, shader, std::move(dispatch)), productOf(a, b));
}

bool attentionKeepsFloat(Device& device, const Shader& shader) {
  std::vector<float> query = core::whiteNoise(kSize * kSize, 1);
  for (float& value : query) value *= 4;  // weights far from even
  const std::vector<float> memory = core::whiteNoise(kSize * kSize, 2);
  const auto q = uploadValues(device, query, Storage::kFloat);
  const auto m = uploadValues(device, memory, Storage::kFloat);
  if (!q.ok() || !m.ok()) return false;
  Dispatch dispatch = Ops(device, Storage::kFloat)
                          .attention({.label = "check",
                                      .query = q.value(),
                                      .memory = m.value(),
                                      .y = Binding::output(kBytes),
                                      .queries = kSize,
                                      .keys = kSize,
                                      .heads = 1,
                                      .width = kSize,
                                      .queryStride = kSize,
                                      .keyStride = kSize,
                                      .keyOffset = 0,
                                      .valueOffset = 0});
  dispatch.groups = {2 * static_cast<std::uint32_t>(kSize) / shader.localSize[0], 1, 1};
  return isClose(outputOf(device, shader, std::move(dispatch)), attentionOf(query, memory));
}

}  // namespace stemwright::gpu
