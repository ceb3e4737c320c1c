#include "dsp/convolution/direct_engine.h"

#include <algorithm>

namespace stemwright::dsp {
namespace {

using kernels::ConvolutionKernels;

/// Frames at a time.
constexpr std::size_t kChunk = 512;
/// Taps whose products single precision sums without harm; more are summed in double.
constexpr std::size_t kRun = 1024;

std::size_t historyStride(std::size_t ring) {
  return core::paddedCount<float>(2 * ring + ConvolutionKernels::kFirSlack);
}

}  // namespace

DirectEngine::DirectEngine(Responses responses, const ConvolutionRouting& routing,
                           const kernels::Kernels& level)
    : routing_(routing),
      kernels_(&level.convolution),
      taps_(responses[0].size()),
      ring_(taps_ - 1 + kChunk),
      responses_(responses.size() * taps_),
      history_(routing.inputs * historyStride(ring_)),
      part_(kChunk),
      sums_(kChunk) {
  for (std::size_t r = 0; r < responses.size(); ++r) {
    std::copy(responses[r].begin(), responses[r].end(), responses_.data() + r * taps_);
  }
  history_.zero();
}

void DirectEngine::process(const float* const* in, float* const* out, std::size_t frames) noexcept {
  for (std::size_t done = 0; done < frames;) {
    const std::size_t count = std::min({frames - done, kChunk, ring_ - at_});
    for (std::size_t i = 0; i < routing_.inputs; ++i) take(in[i] + done, i, count);
    for (std::size_t o = 0; o < routing_.outputs; ++o) put(o, out[o] + done, count);
    at_ = at_ + count == ring_ ? 0 : at_ + count;
    done += count;
  }
}

void DirectEngine::take(const float* in, std::size_t input, std::size_t count) noexcept {
  float* history = history_.data() + input * historyStride(ring_) + at_;
  std::copy(in, in + count, history);
  std::copy(in, in + count, history + ring_);
}

void DirectEngine::put(std::size_t output, float* out, std::size_t count) noexcept {
  std::fill_n(sums_.data(), count, 0.0);
  for (const ConvolutionPath& path : routing_.paths) {
    if (path.output != output) continue;
    const float* latest = history_.data() + path.input * historyStride(ring_) + ring_ + at_;
    const float* taps = responses_.data() + path.response * taps_;
    for (std::size_t first = 0; first < taps_; first += kRun) {
      std::fill_n(part_.data(), count, 0.0f);
      kernels_->fir(latest - first, taps + first, std::min(kRun, taps_ - first), part_.data(),
                    count);
      for (std::size_t i = 0; i < count; ++i) sums_[i] += static_cast<double>(part_[i]);
    }
  }
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<float>(sums_[i]);
}

void DirectEngine::reset() noexcept {
  history_.zero();
  at_ = 0;
}

std::size_t DirectEngine::bytes() const noexcept {
  return responses_.bytes() + history_.bytes() + part_.bytes() + sums_.bytes();
}

}  // namespace stemwright::dsp
