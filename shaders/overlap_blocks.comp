#version 460
#extension GL_GOOGLE_include_directive : require
// What overlap-save keeps of each window: its second half, which is real. Workgroups: (block / 256, windows, signals).
#include "common.glsl"

layout(local_size_x = 256) in;

layout(std430, binding = 0) readonly buffer InputBuffer { vec2 x[]; };
layout(std430, binding = 1) writeonly buffer OutputBuffer { float y[]; };
ARGS(OVERLAP_ARGS)

void main() {
  const uint i = gl_GlobalInvocationID.x;
  if (i >= args.block) return;
  const uint window = gl_WorkGroupID.z * args.windows + gl_WorkGroupID.y;
  y[window * args.block + i] = x[(2 * window + 1) * args.block + i].x;
}
