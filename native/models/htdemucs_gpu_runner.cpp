#include <new>
#include <utility>

#include "models/htdemucs_gpu.h"
#include "models/htdemucs_gpu_recorder.h"

namespace stemwright::models {

core::Status HTDemucsGpuRunner::record(Mode mode, bool isTimed, bool isInParts) {
  try {
    GpuRecorder recorder(*model_, frames_, mode, isInParts);
    const gpu::Recording recording = recorder.record();
    auto program =
        model_->device().compile(recording, {.inputBytes = recorder.inputBytes(),
                                             .outputBytes = recorder.outputBytes(),
                                             .isTimed = isTimed,
                                             .slots = isInParts ? 1 : gpu::Program::kSlots});
    if (!program.ok()) return program.error();
    outputSize_ = recorder.outputBytes() / sizeof(float);
    program_ = std::move(program).value();
    return {};
  } catch (const GpuRoomFault& fault) {
    return fault.error;
  }
}

core::Result<std::unique_ptr<HTDemucsGpuRunner>> HTDemucsGpuRunner::create(
    std::shared_ptr<const HTDemucsGpu> model, std::size_t frames, Mode mode, bool isTimed,
    bool isInParts) {
  if (frames == 0) {
    return core::Error{core::ErrorCode::kInvalidArgument, "a segment needs at least one frame"};
  }
  try {
    std::unique_ptr<HTDemucsGpuRunner> runner(new HTDemucsGpuRunner);
    runner->frames_ = frames;
    runner->model_ = std::move(model);
    core::Status status = runner->record(mode, isTimed, isInParts);
    // Less at a time, and one execution in flight instead of three.
    if (!status.ok() && status.error().code == core::ErrorCode::kNoRoom && !isInParts) {
      status = runner->record(mode, isTimed, true);
    }
    STEMWRIGHT_TRY(status);
    return runner;
  } catch (const std::bad_alloc&) {
    return core::Error{core::ErrorCode::kNoRoom, "not enough memory to record a segment"};
  }
}

}  // namespace stemwright::models
