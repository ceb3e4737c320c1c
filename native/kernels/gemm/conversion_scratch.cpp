#include "kernels/gemm/conversion_scratch.h"

#include "core/aligned.h"

namespace stemwright::kernels {

std::uint16_t* conversionScratch(std::size_t count) {
  thread_local core::AlignedBuffer<std::uint16_t> buffer;
  if (buffer.size() < count) buffer = core::AlignedBuffer<std::uint16_t>(count);
  return buffer.data();
}

}  // namespace stemwright::kernels
