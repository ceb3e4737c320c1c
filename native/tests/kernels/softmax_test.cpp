#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/half.h"
#include "kernels/dispatch.h"

namespace stemwright {
namespace {

using kernels::Kernels;

constexpr float kScale = 0.125f;
constexpr std::size_t kStride = 320;

/// What a level has put in the place of a score.
float resultAt(const Kernels& level, const std::vector<float>& scores, std::size_t row,
               std::size_t key) {
  if (!level.weightGemm.isBf16) return scores[row * kStride + key];
  std::uint16_t rounded;
  std::memcpy(
      &rounded,
      reinterpret_cast<const std::byte*>(scores.data() + row * kStride) + key * sizeof(rounded),
      sizeof(rounded));
  return core::bfloat16ToFloat(rounded);
}

/// Largest difference to the softmax in double over all keys, met in blocks of so many.
double worst(const Kernels& level, std::size_t rows, std::size_t keys, std::size_t block) {
  std::mt19937 random(9);
  std::uniform_real_distribution<float> uniform(-400.0f, 400.0f);
  std::vector<float> scores(rows * keys);
  for (float& score : scores) score = uniform(random);
  std::vector<float> peak(rows, -std::numeric_limits<float>::infinity());
  std::vector<float> total(rows, 0.0f);
  std::vector<float> fade(rows, NAN);
  std::vector<float> all(rows * keys, 0.0f);
  for (std::size_t first = 0; first < keys; first += block) {
    const std::size_t count = std::min(block, keys - first);
    std::vector<float> part(rows * kStride, NAN);
    for (std::size_t r = 0; r < rows; ++r) {
      std::copy_n(scores.data() + r * keys + first, count, part.data() + r * kStride);
    }
    level.softmax.run(
        {part.data(), kStride, rows, count, kScale, peak.data(), total.data(), fade.data()});
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t k = 0; k < first; ++k) all[r * keys + k] *= fade[r];
      for (std::size_t k = 0; k < count; ++k) {
        all[r * keys + first + k] = resultAt(level, part, r, k);
      }
      for (std::size_t k = count; level.weightGemm.isBf16 && k % kernels::kBf16Depth != 0; ++k) {
        REQUIRE(resultAt(level, part, r, k) == 0.0f);
      }
    }
  }
  double off = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    double top = -INFINITY;
    double sum = 0;
    for (std::size_t k = 0; k < keys; ++k) top = std::max<double>(top, scores[r * keys + k]);
    const auto power = [&](std::size_t k) {
      return std::exp((scores[r * keys + k] - top) * static_cast<double>(kScale));
    };
    for (std::size_t k = 0; k < keys; ++k) sum += power(k);
    CHECK(static_cast<double>(peak[r]) == top);
    CHECK(total[r] == doctest::Approx(sum).epsilon(level.weightGemm.isBf16 ? 3e-4 : 1e-5));
    for (std::size_t k = 0; k < keys; ++k) {
      off = std::max(off, std::abs(static_cast<double>(all[r * keys + k]) - power(k)));
    }
  }
  return off;
}

}  // namespace

TEST_SUITE("kernels") {
  TEST_CASE("a softmax over blocks of keys keeps its precision when scores are large") {
    std::vector<const Kernels*> levels(kernels::bf16Kernels().begin(),
                                       kernels::bf16Kernels().end());
    for (const kernels::Isa isa : kernels::availableIsas()) {
      levels.push_back(kernels::kernelsFor(isa));
    }
    for (const Kernels* level : levels) {
      const std::string name(kernels::isaName(level->isa));
      CAPTURE(name);
      CAPTURE(level->weightGemm.isBf16);
      for (const std::size_t rows : {1u, 5u, 16u, 33u}) {
        for (const std::size_t keys : {1u, 7u, 16u, 33u, 257u}) {
          for (const std::size_t block : {5u, 16u, 48u, 300u}) {
            REQUIRE(worst(*level, rows, keys, block) < (level->weightGemm.isBf16 ? 5e-3 : 1e-6));
          }
        }
      }
    }
  }
}

}  // namespace stemwright
