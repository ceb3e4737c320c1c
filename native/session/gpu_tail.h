#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/result.h"
#include "dsp/convolution/tail_device.h"
#include "gpu/device.h"

namespace stemwright::session {

struct GpuTailRequest {
  std::string device{};       ///< id of a GpuInfo; empty: the processor does everything
  std::string cacheFolder{};  ///< of compiled pipelines; empty: none is kept
  friend bool operator==(const GpuTailRequest&, const GpuTailRequest&) = default;
};

/// What a device does of a reverb.
struct GpuTailFacts {
  std::string device{};  ///< its name; empty: the processor does everything
  std::string fault{};   ///< why it does, though a device was asked for; else empty
  std::size_t partitions = 0;
  std::size_t frames = 0;    ///< of the response
  double warmUpSeconds = 0;  ///< opening it, building its pipelines and its first blocks
  double agreementDb = 0;    ///< of the first blocks with the processor's, the worst stage
};

/// Makes devices of tail stages. Each has computed noise as the processor does before it is handed
/// out; stages with blocks of fewer than gpu::Convolution::kBlock stay on the processor.
class GpuTails {
 public:
  explicit GpuTails(const GpuTailRequest& request);

  /// For ConvolverOptions; this must outlive the convolver's making.
  dsp::TailDevices maker();
  /// Once the convolver is made.
  GpuTailFacts facts() const;

 private:
  core::Result<std::unique_ptr<dsp::TailDevice>> make(const dsp::TailLayout& layout,
                                                      dsp::Responses taps,
                                                      const dsp::ConvolutionRouting& routing);

  std::shared_ptr<gpu::Device> device_;
  GpuTailFacts facts_;
};

}  // namespace stemwright::session
