#include "nn/inference.h"

#include <vector>

namespace stemwright::nn {

core::Status Inference::prewarm(std::size_t steps) {
  const auto output = outputFor(steps);
  STEMWRIGHT_TRY(output);
  const std::vector<float> zeros(steps * input().channels);
  std::vector<float> out(output.value().size());
  STEMWRIGHT_TRY(predict(zeros.data(), steps, out.data()));
  resetState();
  return core::okStatus();
}

bool Inference::handlePressure(PressureLevel level) {
  const bool isReleased = delegate_ ? delegate_(level) : level == PressureLevel::kCritical;
  if (isReleased) releaseWorkspace();
  return isReleased;
}

#if !defined(__APPLE__)
core::Result<std::unique_ptr<Inference>> openCoreMl(const std::string& path,
                                                    const InferenceOptions&) {
  return core::Error{core::ErrorCode::kModel,
                     path + ": Core ML models run on macOS 15 and later, not on this system"};
}
#endif

}  // namespace stemwright::nn
