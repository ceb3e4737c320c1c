#include "session/info.h"

#include <algorithm>
#include <thread>

#include "kernels/dispatch.h"

namespace stemwright::session {

EngineInfo engineInfo() {
  EngineInfo info;
  info.isa = kernels::isaName(kernels::kernels().isa);
  for (const kernels::Isa isa : kernels::availableIsas()) {
    info.availableIsas.emplace_back(kernels::isaName(isa));
  }
  info.isaOverrideError = kernels::isaOverrideError();
  info.bf16 = kernels::bf16Name();
  info.hardwareThreads = std::max(1u, std::thread::hardware_concurrency());
  return info;
}

}  // namespace stemwright::session
