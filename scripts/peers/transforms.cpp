// Our real FFT and FFTW's (float, planned with MEASURE, one thread), in turn, in one process.
// Prints one JSON object a line, as `stemwright bench --json`.
#include <fftw3.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "bench/signals.h"
#include "core/aligned.h"
#include "dsp/fft.h"
#include "in_turn.h"

namespace {

using stemwright::core::AlignedBuffer;
using stemwright::dsp::RealFft;
using Plan = std::unique_ptr<fftwf_plan_s, decltype(&fftwf_destroy_plan)>;

constexpr double kSeconds = 0.5;
constexpr double kMicroseconds = 1e6;

/// "FFTW 3.3.10" of "fftw-3.3.10-sse2-avx".
std::string peerName() {
  const std::string version = fftwf_version;
  return "FFTW " + version.substr(5, version.find('-', 5) - 5);
}

/// Batches of `count` rows, each of `size` samples or size / 2 + 1 bins.
struct Buffers {
  Buffers(std::size_t count, std::size_t size)
      : samples(count * size), bins(count * (size + 2)), back(count * size) {}
  AlignedBuffer<float> samples, bins, back;
  fftwf_complex* complexBins() { return reinterpret_cast<fftwf_complex*>(bins.data()); }
};

void checkEqual(const AlignedBuffer<float>& ours, const AlignedBuffer<float>& theirs,
                double scale) {
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const double difference =
        std::abs(static_cast<double>(ours[i]) - scale * static_cast<double>(theirs[i]));
    if (difference > 1e-3) {
      std::fprintf(stderr, "the two transforms differ by %g at %zu\n", difference, i);
      std::exit(1);
    }
  }
}

void compare(std::size_t count, std::size_t size) {
  auto made = RealFft::create(size);
  if (!made.ok()) std::abort();
  const RealFft& fft = made.value();
  AlignedBuffer<float> scratch(fft.scratchSize());
  Buffers ours(count, size), theirs(count, size);
  const int n[] = {static_cast<int>(size)};
  const int rows = static_cast<int>(count), bins = static_cast<int>(size / 2 + 1);
  const Plan forward{fftwf_plan_many_dft_r2c(1, n, rows, theirs.samples.data(), nullptr, 1, n[0],
                                             theirs.complexBins(), nullptr, 1, bins, FFTW_MEASURE),
                     fftwf_destroy_plan};
  const Plan inverse{fftwf_plan_many_dft_c2r(1, n, rows, theirs.complexBins(), nullptr, 1, bins,
                                             theirs.back.data(), nullptr, 1, n[0],
                                             FFTW_MEASURE | FFTW_PRESERVE_INPUT),
                     fftwf_destroy_plan};
  // Planning has overwritten what was there.
  const auto noise = stemwright::bench::noise(count * size);
  for (Buffers* side : {&ours, &theirs})
    std::copy(noise.begin(), noise.end(), side->samples.data());

  const auto each = kMicroseconds / static_cast<double>(count);
  const std::string name =
      (count == 1 ? "FFT " : "FFT batch, " + std::to_string(count) + " x ") + std::to_string(size);
  const auto measured = [&](const std::string& label, auto&& mine, fftwf_plan plan) {
    const auto sides = stemwright::peers::inTurn(
        mine, [plan] { fftwf_execute(plan); }, kSeconds);
    stemwright::peers::print(label, count == 1 ? "µs" : "µs each", each, sides, peerName());
  };
  measured(
      name,
      [&] {
        fft.forwardBatch(count, ours.samples.data(), size, ours.bins.data(), size + 2,
                         scratch.data());
      },
      forward.get());
  checkEqual(ours.bins, theirs.bins, 1);
  measured(
      name + ", inverse",
      [&] {
        fft.inverseBatch(count, ours.bins.data(), size + 2, ours.back.data(), size, scratch.data());
      },
      inverse.get());
  checkEqual(ours.back, theirs.back, 1 / static_cast<double>(size));
}

}  // namespace

int main() {
  for (const std::size_t size : {512, 1024, 2048, 4096, 8192, 16384}) compare(1, size);
  for (const std::size_t size : {1024, 4096}) compare(64, size);
  return 0;
}
