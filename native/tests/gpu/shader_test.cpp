#include "gpu/shader.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gpu/shader_args.h"

namespace stemwright::gpu {
namespace {

struct Member {
  std::string_view name;
  std::size_t offset;
  std::size_t size;
};

struct Block {
  std::size_t bytes;
  std::vector<Member> members;
};

#define MEMBER(type, name) {#name, offsetof(Args, name), sizeof(Args::name)},
#define BLOCK(Struct, list)                                        \
  [] {                                                             \
    using Args = Struct;                                           \
    return Block{sizeof(Args), std::vector<Member>{list(MEMBER)}}; \
  }()

/// By the beginning of a shader's name.
const std::map<std::string, Block>& blocks() {
  static const std::map<std::string, Block> all = {
      {"gemm", BLOCK(GemmArgs, GEMM_ARGS)},
      {"moments", BLOCK(MomentsArgs, MOMENTS_ARGS)},
      {"moments_merge", BLOCK(MomentsMergeArgs, MOMENTS_MERGE_ARGS)},
      {"norm", BLOCK(NormArgs, NORM_ARGS)},
      {"layer_norm", BLOCK(LayerNormArgs, LAYER_NORM_ARGS)},
      {"attention", BLOCK(AttentionArgs, ATTENTION_ARGS)},
      {"add", BLOCK(AddArgs, ADD_ARGS)},
      {"fft", BLOCK(FftArgs, FFT_ARGS)},
      {"stft", BLOCK(StftArgs, STFT_ARGS)},
      {"istft", BLOCK(IstftArgs, ISTFT_ARGS)},
      {"overlap_add", BLOCK(OverlapAddArgs, OVERLAP_ADD_ARGS)},
      {"complex_mac", BLOCK(ComplexMacArgs, COMPLEX_MAC_ARGS)},
      {"overlap_windows", BLOCK(OverlapArgs, OVERLAP_ARGS)},
      {"overlap_blocks", BLOCK(OverlapArgs, OVERLAP_ARGS)},
      {"recurrent", BLOCK(RecurrentArgs, RECURRENT_ARGS)},
  };
  return all;
}

/// The longest of the names above that the shader's begins with.
const Block* blockOf(std::string_view shader) {
  const Block* found = nullptr;
  std::size_t longest = 0;
  for (const auto& [name, block] : blocks()) {
    if (shader.starts_with(name) && name.size() > longest) {
      found = &block;
      longest = name.size();
    }
  }
  return found;
}

}  // namespace

TEST_SUITE("gpu") {
  TEST_CASE("argument blocks have the layout on the host that reflection finds in the shaders") {
    REQUIRE(shaders().size() > 20);
    for (const Shader& shader : shaders()) {
      CAPTURE(shader.name);
      const Block* block = blockOf(shader.name);
      REQUIRE(block != nullptr);
      CHECK(shader.argBytes == block->bytes);
      REQUIRE(shader.members.size() == block->members.size());
      for (std::size_t i = 0; i < shader.members.size(); ++i) {
        CHECK(shader.members[i].name == block->members[i].name);
        CHECK(shader.members[i].offset == block->members[i].offset);
        CHECK(block->members[i].size == 4);
      }
    }
  }

  TEST_CASE("every shader is in Metal's language too, named as here") {
    for (const Shader& shader : shaders()) {
      CAPTURE(shader.name);
      CHECK(shader.spirv.size() > 5);
      CHECK(shader.spirv[0] == 0x07230203u);
      if ((shader.needs & kMatrix) != 0) continue;
      CHECK(shader.msl.find("kernel void " + std::string(shader.name) + "(") !=
            std::string_view::npos);
    }
  }
}

}  // namespace stemwright::gpu
