#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "kernels/dispatch.h"
#include "nn/packed_matrix.h"
#include "tests/support/noise.h"
#include "tests/support/safetensors.h"

// Every level against the same formula in double.

namespace stemwright {
namespace {

using kernels::Activation;
using kernels::Isa;
using kernels::Kernels;

double gelu(double x) {
  return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
}
double sigmoid(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

template <typename Check>
void onEveryLevel(Check&& check) {
  for (Isa isa : kernels::availableIsas()) {
    const std::string level(kernels::isaName(isa));
    CAPTURE(level);
    check(*kernels::kernelsFor(isa));
  }
}

struct Product {
  std::size_t rows, depth, columns;
  Activation activation;
};

/// Runs one product with bias, scale and residual and compares it with double arithmetic.
void checkProduct(const Kernels& k, const Product& p) {
  const bool glu = p.activation == Activation::kGlu;
  const std::size_t stored = glu ? p.columns / 2 : p.columns;
  const std::vector<float> a = testing::uniformNoise(p.rows * p.depth, 1);
  const std::vector<float> b = testing::uniformNoise(p.depth * p.columns, 2);
  const std::vector<float> bias = testing::uniformNoise(p.columns, 3);
  const std::vector<float> scale = testing::uniformNoise(stored, 4);
  const std::vector<float> residual = testing::uniformNoise(p.rows * stored, 5);
  const nn::PackedMatrix packed(
      k.gemm, 1, p.depth, p.columns, glu,
      [&](std::size_t, std::size_t d, std::size_t c) { return b[d * p.columns + c]; },
      [&](std::size_t c) { return bias[c]; });
  std::vector<float> out(p.rows * stored + 1, 1e9f);
  const kernels::GemmTap tap{a.data(), 0};
  k.gemm.run({.taps = &tap,
              .tapCount = 1,
              .rowStride = p.depth,
              .rows = p.rows,
              .weights = &packed.view(),
              .out = out.data(),
              .outStride = stored,
              .activation = p.activation,
              .scale = scale.data(),
              .residual = residual.data(),
              .residualStride = stored});
  CHECK(out.back() == 1e9f);
  out.pop_back();

  std::vector<float> expected(out.size());
  for (std::size_t r = 0; r < p.rows; ++r) {
    const auto dot = [&](std::size_t c) {
      double sum = bias[c];
      for (std::size_t d = 0; d < p.depth; ++d) {
        sum += static_cast<double>(a[r * p.depth + d]) * b[d * p.columns + c];
      }
      return sum;
    };
    for (std::size_t c = 0; c < stored; ++c) {
      double value = dot(c);
      if (p.activation == Activation::kGelu) value = gelu(value);
      if (glu) value *= sigmoid(dot(stored + c));
      expected[r * stored + c] = static_cast<float>(residual[r * stored + c] + scale[c] * value);
    }
  }
  CHECK(testing::relativeRms(out, expected) < 2e-6);
}

}  // namespace

TEST_SUITE("kernels") {
  TEST_CASE("the product with its epilogue agrees with double at odd shapes") {
    onEveryLevel([](const Kernels& k) {
      for (const std::size_t rows : {1, 5, 14, 29}) {
        for (const std::size_t columns : {2, 6, 16, 34, 50, 66}) {
          for (const Activation activation :
               {Activation::kNone, Activation::kGelu, Activation::kGlu}) {
            CAPTURE(rows);
            CAPTURE(columns);
            checkProduct(k, {rows, 37, columns, activation});
          }
        }
      }
      checkProduct(k, {3, 1, 4, Activation::kNone});
    });
  }

  TEST_CASE("activations agree with double over their whole range") {
    onEveryLevel([](const Kernels& k) {
      std::vector<float> x;
      for (float v = -30.0f; v <= 30.0f; v += 0.00713f) x.push_back(v);
      for (float v : {0.0f, -0.0f, 1e-30f, -1e-8f, 1e4f, -1e4f}) x.push_back(v);
      std::vector<float> out(x.size());
      const auto worst = [&](auto&& reference) {
        double most = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
          const double expected = reference(static_cast<double>(x[i]));
          const double scale = std::max(1.0, std::abs(expected));
          most = std::max(most, std::abs(static_cast<double>(out[i]) - expected) / scale);
        }
        return most;
      };
      k.elementwise.gelu(x.data(), out.data(), x.size());
      CHECK(worst(gelu) < 1e-6);
      k.elementwise.sigmoid(x.data(), out.data(), x.size());
      CHECK(worst(sigmoid) < 3e-7);
      k.elementwise.tanh(x.data(), out.data(), x.size());
      CHECK(worst([](double v) { return std::tanh(v); }) < 3e-7);
      const std::vector<float> value = testing::uniformNoise(x.size(), 1);
      k.elementwise.glu(value.data(), x.data(), out.data(), x.size());
      double most = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        most = std::max(most, std::abs(static_cast<double>(out[i]) - value[i] * sigmoid(x[i])));
      }
      CHECK(most < 3e-7);
    });
  }

  TEST_CASE("sums, products and transposes touch each element once and no other") {
    onEveryLevel([](const Kernels& k) {
      for (const std::size_t count : {1, 15, 16, 47}) {
        const std::vector<float> a = testing::uniformNoise(2 * count, 1);
        const std::vector<float> b = testing::uniformNoise(2 * count, 2);
        std::vector<float> out(2 * count + 1, 0.5f);
        k.elementwise.complexMultiplyAdd(a.data(), b.data(), out.data(), count);
        for (std::size_t i = 0; i < 2 * count; i += 2) {
          CHECK(out[i] == doctest::Approx(0.5 + a[i] * b[i] - a[i + 1] * b[i + 1]));
          CHECK(out[i + 1] == doctest::Approx(0.5 + a[i] * b[i + 1] + a[i + 1] * b[i]));
        }
        CHECK(out.back() == 0.5f);

        k.elementwise.add(a.data(), b.data(), out.data(), count);
        for (std::size_t i = 0; i < count; ++i) CHECK(out[i] == a[i] + b[i]);
        k.elementwise.scaleOffset(a.data(), 2.0f, 1.0f, out.data(), count);
        for (std::size_t i = 0; i < count; ++i) CHECK(out[i] == doctest::Approx(2 * a[i] + 1));
        std::vector<float> sum(count, 1.0f);
        k.elementwise.multiplyAdd(a.data(), b.data(), sum.data(), count);
        for (std::size_t i = 0; i < count; ++i) CHECK(sum[i] == doctest::Approx(1 + a[i] * b[i]));
      }
      const std::size_t rows = 19;
      const std::size_t cols = 35;
      const std::vector<float> x = testing::uniformNoise(rows * cols, 3);
      std::vector<float> turned(rows * cols);
      k.elementwise.transpose(x.data(), cols, turned.data(), rows, rows, cols);
      for (std::size_t i = 0; i < x.size(); ++i) {
        REQUIRE(turned[i % cols * rows + i / cols] == x[i]);
      }
    });
  }

  TEST_CASE("moments survive a mean that dwarfs the deviation, unless summed the plain way") {
    using kernels::NormAlgorithm;
    constexpr std::size_t kRows = 700;
    constexpr std::size_t kCols = 37;
    constexpr std::size_t kStride = 40;
    struct Case {
      float offset;
      float deviation;
      double
          standardAtLeast;  ///< its relative error of the variance: were it better, we would use it
    };
    onEveryLevel([&](const Kernels& k) {
      for (const Case& each : {Case{0, 0.5f, 0}, Case{30, 0.01f, 1e-3}, Case{1000, 0.5f, 1e-3}}) {
        CAPTURE(each.offset);
        std::vector<float> x = testing::uniformNoise(kRows * kStride, 7, each.deviation);
        for (float& v : x) v += each.offset;
        double mean = 0;
        double m2 = 0;
        for (std::size_t i = 0; i < kRows * kCols; ++i) mean += x[i / kCols * kStride + i % kCols];
        mean /= kRows * kCols;
        for (std::size_t i = 0; i < kRows * kCols; ++i) {
          m2 += std::pow(x[i / kCols * kStride + i % kCols] - mean, 2);
        }
        for (const auto algorithm : {NormAlgorithm::kKahan, NormAlgorithm::kWelford}) {
          const auto momentsOf = kernels::momentsBy(k.norm, algorithm);
          const kernels::Moments moments = momentsOf(x.data(), kStride, kRows, kCols);
          CHECK(moments.count == kRows * kCols);
          CHECK(moments.mean == doctest::Approx(mean).epsilon(1e-8).scale(1));
          CHECK(moments.m2 == doctest::Approx(m2).epsilon(1e-5));
          const kernels::Moments front = momentsOf(x.data(), kStride, 100, kCols);
          const kernels::Moments back =
              momentsOf(x.data() + 100 * kStride, kStride, kRows - 100, kCols);
          CHECK(kernels::merge(front, back).m2 == doctest::Approx(m2).epsilon(1e-5));
        }
        const kernels::Moments plain = k.norm.momentsStandard(x.data(), kStride, kRows, kCols);
        const double error = std::abs(plain.m2 / m2 - 1);
        CAPTURE(error);
        CHECK(plain.mean == doctest::Approx(mean).epsilon(1e-4).scale(1));
        CHECK((each.offset == 0 ? error < 1e-5 : error > each.standardAtLeast));
      }
      CHECK(k.norm.momentsStandard(nullptr, 0, 0, 0).count == 0);
      CHECK(k.norm.momentsKahan(nullptr, 0, 0, 0).count == 0);
    });
  }

  TEST_CASE("the spread of rows through a matrix agrees with double at odd widths") {
    onEveryLevel([](const Kernels& k) {
      for (const std::size_t cols : {1, 6, 12, 16, 24, 48, 50}) {
        CAPTURE(cols);
        constexpr std::size_t kRows = 83;
        const std::size_t stride = kernels::spreadStride(cols);
        const std::vector<float> x = testing::uniformNoise(kRows * cols, 1);
        std::vector<float> shift(stride, 0.0f);
        std::vector<float> gram(stride * stride, 0.0f);
        const std::vector<float> w = testing::uniformNoise(3 * cols, 2);
        for (std::size_t i = 0; i < cols; ++i) {
          shift[i] = 0.1f * static_cast<float>(i % 5);
          for (std::size_t j = 0; j < cols; ++j) {
            for (std::size_t c = 0; c < 3; ++c) {
              gram[i * stride + j] += w[c * cols + i] * w[c * cols + j];
            }
          }
        }
        std::vector<float> sums(stride, 1e9f);
        std::vector<float> scratch(kRows * stride);
        const double spread = k.norm.spread(
            {x.data(), cols, kRows, cols, shift.data(), gram.data(), sums.data(), scratch.data()});
        double expected = 0;
        std::vector<double> expectedSums(cols, 0.0);
        for (std::size_t r = 0; r < kRows; ++r) {
          for (std::size_t c = 0; c < 3; ++c) {
            double length = 0;
            for (std::size_t i = 0; i < cols; ++i) {
              length += static_cast<double>(w[c * cols + i]) * (x[r * cols + i] - shift[i]);
            }
            expected += length * length;
          }
          for (std::size_t i = 0; i < cols; ++i) expectedSums[i] += x[r * cols + i] - shift[i];
        }
        CHECK(spread == doctest::Approx(expected).epsilon(1e-5));
        for (std::size_t i = 0; i < cols; ++i) {
          CHECK(sums[i] == doctest::Approx(expectedSums[i]).epsilon(1e-4).scale(1));
        }
      }
    });
  }

  TEST_CASE("what measures the peak of multiply-adds runs on any thread and counts them") {
    std::vector<const Kernels*> all(kernels::bf16Kernels().begin(), kernels::bf16Kernels().end());
    for (Isa isa : kernels::availableIsas()) all.push_back(kernels::kernelsFor(isa));
    for (const Kernels* k : all) {
      const double one = k->weightGemm.saturate(1);
      CHECK(one >= 2.0 * static_cast<double>(k->weightGemm.lanes));
      double many = 0;
      std::thread([&] { many = k->weightGemm.saturate(1000); }).join();
      CHECK(many == 1000 * one);
    }
  }

  TEST_CASE("gain and bias of the caller stand in for the weights' own") {
    std::vector<const Kernels*> all(kernels::bf16Kernels().begin(), kernels::bf16Kernels().end());
    for (Isa isa : kernels::availableIsas()) all.push_back(kernels::kernelsFor(isa));
    for (const Kernels* k : all) {
      constexpr std::size_t kInner = 12;
      constexpr std::size_t kColumns = 52;
      constexpr std::size_t kRows = 17;
      const std::vector<float> a = testing::uniformNoise(kRows * kInner, 1);
      const std::vector<float> b = testing::uniformNoise(kInner * kColumns, 2);
      const std::vector<float> gain = testing::uniformNoise(kColumns, 3);
      const std::vector<float> bias = testing::uniformNoise(kColumns, 4);
      const nn::PackedMatrix packed(
          k->weightGemm, 1, kInner, kColumns, true,
          [&](std::size_t, std::size_t d, std::size_t c) { return b[d * kColumns + c]; },
          [&](std::size_t) { return 7.0f; });
      std::vector<float> packedGain(packed.rowSize(), 0.0f);
      std::vector<float> packedBias(packed.rowSize(), 0.0f);
      for (std::size_t c = 0; c < kColumns; ++c) {
        packedGain[packed.placeOf(c)] = gain[c];
        packedBias[packed.placeOf(c)] = bias[c];
        CHECK(packed.biasAt(c) == 7.0f);
        CHECK(std::abs(packed.weightAt(0, 3, c) - b[3 * kColumns + c]) < 1e-2);
      }
      std::vector<float> out(kRows * kColumns / 2);
      const kernels::GemmTap tap{a.data(), 0};
      k->weightGemm.run({.taps = &tap,
                         .tapCount = 1,
                         .rowStride = kInner,
                         .rows = kRows,
                         .weights = &packed.view(),
                         .out = out.data(),
                         .outStride = kColumns / 2,
                         .activation = Activation::kGlu,
                         .gain = packedGain.data(),
                         .bias = packedBias.data()});
      std::vector<float> expected(out.size());
      for (std::size_t i = 0; i < out.size(); ++i) {
        const auto at = [&](std::size_t c) {
          double sum = 0;
          for (std::size_t d = 0; d < kInner; ++d) {
            sum += static_cast<double>(a[i / (kColumns / 2) * kInner + d]) * b[d * kColumns + c];
          }
          return bias[c] + gain[c] * sum;
        };
        const std::size_t c = i % (kColumns / 2);
        expected[i] = static_cast<float>(at(c) * sigmoid(at(kColumns / 2 + c)));
      }
      CHECK(testing::relativeRms(out, expected) < (k->weightGemm.isBf16 ? 1e-2 : 2e-6));
    }
  }

  TEST_CASE("levels are found by name, and the scalar one is always there") {
    CHECK(kernels::kernelsFor(Isa::kScalar) != nullptr);
    CHECK(kernels::availableIsas().front() == Isa::kScalar);
    for (Isa isa : kernels::availableIsas()) {
      CHECK(kernels::isaFromName(kernels::isaName(isa)) == isa);
      CHECK(kernels::kernelsFor(isa)->isa == isa);
    }
    CHECK_FALSE(kernels::isaFromName("avx1024").has_value());
  }
}

}  // namespace stemwright
