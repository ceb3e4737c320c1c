#version 460
#extension GL_GOOGLE_include_directive : require
// Spectra of the blocks of a partitioned convolution: block b of an output is the sum over partitions p of window
// b + partitions - 1 - p of an input times partition p of a response, over `sources` inputs.
// Workgroups: (bins / 256, blocks, outputs).
#include "common.glsl"

layout(local_size_x = 256) in;

layout(std430, binding = 0) readonly buffer InputBuffer { vec2 x[]; };
layout(std430, binding = 1) readonly buffer ResponseBuffer { vec2 response[]; };
layout(std430, binding = 2) writeonly buffer OutputBuffer { vec2 y[]; };
ARGS(COMPLEX_MAC_ARGS)

void main() {
  const uint bin = gl_GlobalInvocationID.x;
  if (bin >= args.bins) return;
  const uint block = gl_WorkGroupID.y;
  const uint outNumber = gl_WorkGroupID.z;
  const uint windows = args.blocks + args.partitions - 1;
  vec2 sum = vec2(0.0);
  for (uint source = 0; source < args.sources; ++source) {
    const uint from = outNumber * args.inputByOutput + source * args.inputBySource;
    const uint through = outNumber * args.responseByOutput + source * args.responseBySource;
    uint at = (from * windows + block + args.partitions - 1) * args.bins + bin;
    uint with = through * args.partitions * args.bins + bin;
    for (uint p = 0; p < args.partitions; ++p) {
      const vec2 a = x[at];
      const vec2 b = response[with];
      sum += vec2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
      at -= args.bins;
      with += args.bins;
    }
  }
  y[(outNumber * args.blocks + block) * args.bins + bin] = sum;
}
