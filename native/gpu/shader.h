#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace stemwright::gpu {

/// What a shader asks of a device, as bits.
enum ShaderNeed : unsigned {
  kHalf = 1,      ///< 16-bit storage and arithmetic
  kSubgroup = 2,  ///< shuffles, in subgroups of at least 8
  kMatrix = 4,    ///< cooperative matrices of 16-bit floats with float sums
};

/// A member of an argument block, as reflection finds it in the compiled shader.
struct ShaderMember {
  std::string_view name;
  std::size_t offset;
};

/// One kernel of shaders/, compiled at build: storage buffers at bindings 0 … buffers - 1, the
/// argument block at STEMWRIGHT_ARGS_BINDING, its entry point in MSL named as the shader.
struct Shader {
  std::string_view name;
  std::span<const std::uint32_t> spirv;
  std::string_view msl;  ///< empty where Metal has no such thing
  std::array<std::uint32_t, 3> localSize;
  unsigned buffers;
  std::size_t argBytes;
  unsigned needs;
  std::span<const ShaderMember> members;
};

std::span<const Shader> shaders() noexcept;
/// Another one for any change of any shader.
std::string_view shadersDigest() noexcept;

/// @return null when there is none of that name
const Shader* findShader(std::string_view name) noexcept;

}  // namespace stemwright::gpu
