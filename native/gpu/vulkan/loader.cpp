#include "gpu/vulkan/loader.h"

#include <cstdlib>

#include "core/shared_library.h"

namespace stemwright::gpu::vulkan {

using core::Error;
using core::ErrorCode;

core::Result<Loader> loader() {
#if defined(_WIN32)
  constexpr const char* kName = "vulkan-1.dll";
#else
  constexpr const char* kName = "libvulkan.so.1";
#endif
  static const std::string name = [] {
    const char* other = std::getenv("STEMWRIGHT_VULKAN");
    return std::string(other == nullptr ? kName : other);
  }();
  static void* const library = core::openLibrary(name.c_str());
  if (library == nullptr) {
    return Error{ErrorCode::kDeviceLost, "no Vulkan on this machine (" + name + " was not found)"};
  }
  const auto get =
      reinterpret_cast<PFN_vkGetInstanceProcAddr>(core::symbolOf(library, "vkGetInstanceProcAddr"));
  if (get == nullptr) return Error{ErrorCode::kDeviceLost, "the Vulkan loader is damaged"};
  return Loader{get};
}

Error errorOf(VkResult result, const std::string& what) {
  switch (result) {
    case VK_ERROR_DEVICE_LOST:
      return {ErrorCode::kDeviceLost, "the graphics processor went away while " + what};
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_OUT_OF_HOST_MEMORY:
    case VK_ERROR_OUT_OF_POOL_MEMORY:
    case VK_ERROR_TOO_MANY_OBJECTS:
      return {ErrorCode::kNoRoom, "the graphics processor has no memory left for " + what};
    default:
      return {ErrorCode::kInternal,
              "Vulkan error " + std::to_string(static_cast<int>(result)) + " while " + what};
  }
}

}  // namespace stemwright::gpu::vulkan
