#include "gpu/shader.h"

namespace stemwright::gpu {

const Shader* findShader(std::string_view name) noexcept {
  for (const Shader& shader : shaders()) {
    if (shader.name == name) return &shader;
  }
  return nullptr;
}

}  // namespace stemwright::gpu
