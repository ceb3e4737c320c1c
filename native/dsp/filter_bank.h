#pragma once

#include <cstddef>
#include <vector>

#include "core/aligned.h"
#include "dsp/biquad.h"
#include "kernels/dispatch.h"

namespace stemwright::dsp {

/// Cascades of biquads on many channels at once, each channel with its own coefficients. Begins as
/// a wire. Nothing allocates after construction. [one thread at a time]
class FilterBank {
 public:
  FilterBank(std::size_t channels, std::size_t sections,
             const kernels::Kernels& level = kernels::kernels());

  std::size_t channels() const noexcept { return channels_; }
  std::size_t sections() const noexcept { return sections_; }

  /// Takes effect at once; keeps the state, so that small changes do not click. [audio-thread]
  void set(std::size_t section, std::size_t channel, const StateVariable& filter) noexcept;
  void set(std::size_t section, const StateVariable& filter) noexcept;

  /// @param in, out channels() pointers to `frames` samples; out may be in [audio-thread]
  void process(const float* const* in, float* const* out, std::size_t frames) noexcept;
  void reset() noexcept { state_.zero(); }

 private:
  float* coefficients(std::size_t section) noexcept;
  void runSections(std::size_t frames) noexcept;

  const std::size_t channels_;
  const std::size_t lanes_;  ///< channels and unused ones
  const std::size_t sections_;
  const kernels::BiquadKernels* kernels_;
  core::AlignedBuffer<float> coefficients_, state_, frames_;
};

}  // namespace stemwright::dsp
