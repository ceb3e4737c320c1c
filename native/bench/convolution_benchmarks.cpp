#include "bench/convolution_benchmarks.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "bench/measure.h"
#include "bench/signals.h"
#include "dsp/biquad.h"
#include "dsp/convolution/convolver.h"
#include "dsp/filter_bank.h"

namespace stemwright::bench {
namespace {

using dsp::ConvolutionMode;
using Clock = std::chrono::steady_clock;

constexpr double kRate = 48'000;
/// Frames in one timing: every stage of a tail has several jobs done in it.
constexpr std::size_t kFrames = 65'536;
/// Of which the longest blocks are noted, so that noting them allocates nothing.
constexpr std::size_t kMostRuns = 1 << 16;

struct Cell {
  ConvolutionMode mode;
  const char* label;
  std::size_t block;
  std::size_t taps;
};

std::string nameOf(const Cell& cell) {
  char response[32];
  const double seconds = static_cast<double>(cell.taps) / kRate;
  if (seconds < 0.1) {
    std::snprintf(response, sizeof response, "%zu taps", cell.taps);
  } else {
    std::snprintf(response, sizeof response, "%g s", seconds);
  }
  return std::string("convolution ") + cell.label + ", block " + std::to_string(cell.block) + ", " +
         response;
}

core::Result<std::vector<Entry>> convolution(const Cell& cell, const core::CancelFlag& cancel) {
  const core::Error stopped{core::ErrorCode::kCancelled, "cancelled"};
  if (cancel.requested()) return stopped;
  const std::vector<float> response = noise(cell.taps);
  const std::span<const float> channels[] = {response};
  dsp::ConvolverOptions options;
  options.mode = cell.mode;
  options.channels = 1;
  options.blockSize = cell.block;
  auto made = dsp::Convolver::create(channels, options);
  if (!made.ok()) return made.error();
  dsp::Convolver& convolver = *made.value();
  convolver.warmUp();

  const std::vector<float> in = noise(cell.block);
  std::vector<float> out(cell.block);
  const float* from = in.data();
  float* to = out.data();
  std::vector<double> longest;
  longest.reserve(kMostRuns);
  const Timing time = measure(
      [&] {
        double worst = 0;
        for (std::size_t done = 0; done < kFrames; done += cell.block) {
          const auto start = Clock::now();
          convolver.process(&from, &to, cell.block);
          worst = std::max(worst, std::chrono::duration<double>(Clock::now() - start).count());
        }
        if (longest.size() < kMostRuns) longest.push_back(worst);
      },
      cancel);
  if (cancel.requested()) return stopped;

  const std::string name = nameOf(cell);
  const auto latency = static_cast<double>(convolver.latency());
  return std::vector<Entry>{
      entryOf(name, "% of real time", time, 100 * kRate / static_cast<double>(kFrames)),
      entryOf(name + ", longest block", "µs", summarise(std::move(longest)), 1e6),
      {name + ", latency", "frames", latency, latency, latency}};
}

core::Result<std::vector<Entry>> filterBank(const std::string& name, std::size_t channels,
                                            const core::CancelFlag& cancel) {
  constexpr std::size_t kBlock = 512;
  constexpr std::size_t kSections = 4;
  dsp::FilterBank bank(channels, kSections);
  for (std::size_t s = 0; s < kSections; ++s) {
    const auto biquad =
        dsp::designBiquad({dsp::FilterKind::kPeak, 100.0 * std::pow(4.0, s), 1, 6}, kRate);
    if (!biquad.ok()) return biquad.error();
    bank.set(s, dsp::StateVariable::of(biquad.value()));
  }
  std::vector<std::vector<float>> signals(channels, noise(kBlock));
  std::vector<const float*> in;
  for (auto& signal : signals) in.push_back(signal.data());
  std::vector<std::vector<float>> results(channels, std::vector<float>(kBlock));
  std::vector<float*> out;
  for (auto& result : results) out.push_back(result.data());
  const Timing time = measure(
      [&] {
        for (int block = 0; block < 16; ++block) bank.process(in.data(), out.data(), kBlock);
      },
      cancel);
  if (cancel.requested()) return core::Error{core::ErrorCode::kCancelled, "cancelled"};
  const double sections = 16.0 * static_cast<double>(kBlock * kSections * channels);
  return std::vector<Entry>{entryOf(name, "ns a sample and section", time, 1e9 / sections)};
}

void add(std::vector<Benchmark>& list, const Cell& cell) {
  list.push_back({nameOf(cell), [cell](unsigned, const core::CancelFlag& cancel) {
                    return convolution(cell, cancel);
                  }});
}

}  // namespace

std::vector<Benchmark> convolutionBenchmarks() {
  std::vector<Benchmark> list;
  for (std::size_t taps : {64u, 256u, 1024u}) {
    add(list, {ConvolutionMode::kDirect, "direct", 128, taps});
  }
  const std::size_t responses[] = {24'000, 96'000, 288'000, 480'000};
  for (std::size_t taps : responses) add(list, {ConvolutionMode::kFft, "fft", 1024, taps});
  for (const auto& [mode, label] : {std::pair{ConvolutionMode::kUniform, "uniform"},
                                    std::pair{ConvolutionMode::kPartitioned, "partitioned"}}) {
    for (std::size_t block : {64u, 128u, 256u, 512u, 1024u, 2048u}) {
      for (std::size_t taps : responses) add(list, {mode, label, block, taps});
    }
  }
  for (std::size_t channels : {2u, 16u, 64u}) {
    const std::string name = "biquad bank, " + std::to_string(channels) + " channels";
    list.push_back({name, [name, channels](unsigned, const core::CancelFlag& cancel) {
                      return filterBank(name, channels, cancel);
                    }});
  }
  return list;
}

}  // namespace stemwright::bench
