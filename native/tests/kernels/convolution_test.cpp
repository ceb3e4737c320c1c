#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "core/aligned.h"
#include "kernels/dispatch.h"

// Every level against the same formula in double.

namespace stemwright {
namespace {

using kernels::ConvolutionKernels;
using kernels::kLookAhead;
using kernels::kTileBins;
using kernels::kTileFloats;

core::AlignedBuffer<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  core::AlignedBuffer<float> values(count);
  for (float& value : values) value = uniform(random);
  return values;
}

template <typename Check>
void onEveryLevel(Check&& check) {
  for (kernels::Isa isa : kernels::availableIsas()) {
    const std::string level(kernels::isaName(isa));
    CAPTURE(level);
    check(kernels::kernelsFor(isa)->convolution);
  }
}

}  // namespace

TEST_SUITE("kernels") {
  TEST_CASE("a direct filter agrees with double at any number of taps and samples") {
    for (std::size_t taps : {1u, 2u, 7u, 64u, 200u}) {
      for (std::size_t count : {1u, 3u, 16u, 31u, 127u, 128u, 150u}) {
        const auto x = noise(taps - 1 + count + ConvolutionKernels::kFirSlack, 1);
        const auto h = noise(taps, 2);
        const auto before = noise(count + 1, 3);
        onEveryLevel([&](const ConvolutionKernels& k) {
          CAPTURE(taps);
          CAPTURE(count);
          core::AlignedBuffer<float> out(count + 1);
          std::copy(before.begin(), before.end(), out.begin());
          k.fir(x.data() + taps - 1, h.data(), taps, out.data(), count);
          for (std::size_t i = 0; i < count; ++i) {
            double expected = static_cast<double>(before[i]);
            for (std::size_t j = 0; j < taps; ++j) {
              expected += static_cast<double>(h[j]) * static_cast<double>(x[taps - 1 + i - j]);
            }
            CHECK(std::abs(static_cast<double>(out[i]) - expected) < 1e-5);
          }
          CHECK(out[count] == before[count]);
        });
      }
    }
  }

  TEST_CASE("products of tiles add up as complex numbers do") {
    for (std::size_t count : {0u, 1u, 5u, 64u}) {
      const auto x = noise(count * kTileFloats, 4);
      const auto h = noise(count * kTileFloats, 5);
      onEveryLevel([&](const ConvolutionKernels& k) {
        CAPTURE(count);
        auto out = noise(kTileFloats, 6);
        const auto before = noise(kTileFloats, 6);
        auto alone = noise(kTileFloats, 6);
        k.accumulateTiles(x.data(), h.data(), count, out.data());
        k.multiplyTiles(x.data(), h.data(), count, alone.data());
        for (std::size_t i = 0; i < kTileFloats; ++i) CHECK(out[i] == before[i] + alone[i]);
        for (std::size_t bin = 0; bin < kTileBins; ++bin) {
          double re = static_cast<double>(before[bin]);
          double im = static_cast<double>(before[kTileBins + bin]);
          for (std::size_t s = 0; s < count; ++s) {
            const std::size_t at = s * kTileFloats + bin;
            const double xr = static_cast<double>(x[at]);
            const double xi = static_cast<double>(x[at + kTileBins]);
            const double hr = static_cast<double>(h[at]);
            const double hi = static_cast<double>(h[at + kTileBins]);
            re += xr * hr - xi * hi;
            im += xr * hi + xi * hr;
          }
          CHECK(std::abs(static_cast<double>(out[bin]) - re) < 1e-5);
          CHECK(std::abs(static_cast<double>(out[kTileBins + bin]) - im) < 1e-5);
        }
      });
    }
  }

  TEST_CASE("sums ahead are the sums of later partitions") {
    constexpr std::size_t kCount = 9;
    const auto x = noise(kCount * kTileFloats, 8);
    const auto h = noise((kCount + kLookAhead - 1) * kTileFloats, 9);
    onEveryLevel([&](const ConvolutionKernels& k) {
      auto out = noise(kLookAhead * kTileFloats, 10);
      auto expected = noise(kLookAhead * kTileFloats, 10);
      k.accumulateTilesAhead(x.data(), h.data(), kCount, out.data());
      for (std::size_t j = 0; j < kLookAhead; ++j) {
        k.accumulateTiles(x.data(), h.data() + j * kTileFloats, kCount,
                          expected.data() + j * kTileFloats);
      }
      for (std::size_t i = 0; i < out.size(); ++i) {
        CHECK(std::abs(out[i] - expected[i]) < 1e-5f);
      }
    });
  }

  TEST_CASE("pairs become tiles and tiles become pairs") {
    constexpr std::size_t kTiles = 3;
    constexpr std::size_t kStride = 2 * kTileFloats;
    const auto pairs = noise(kTiles * kTileFloats, 7);
    onEveryLevel([&](const ConvolutionKernels& k) {
      core::AlignedBuffer<float> spread(kTiles * kStride), tiles(kTiles * kTileFloats);
      k.splitTiles(pairs.data(), kTiles, spread.data(), kStride);
      k.splitTiles(pairs.data(), kTiles, tiles.data(), kTileFloats);
      for (std::size_t i = 0; i < kTiles * kTileBins; ++i) {
        const float* tile = spread.data() + i / kTileBins * kStride + i % kTileBins;
        CHECK(tile[0] == pairs[2 * i]);
        CHECK(tile[kTileBins] == pairs[2 * i + 1]);
      }
      core::AlignedBuffer<float> back(kTiles * kTileFloats);
      k.joinTiles(tiles.data(), kTiles, back.data());
      CHECK(std::equal(back.begin(), back.end(), pairs.begin()));
    });
  }
}

}  // namespace stemwright
