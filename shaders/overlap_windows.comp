#version 460
#extension GL_GOOGLE_include_directive : require
// The windows of overlap-save as complex numbers: window n of a signal is its blocks n and n + 1.
// Workgroups: (2 * block / 256, windows, signals).
#include "common.glsl"

layout(local_size_x = 256) in;

layout(std430, binding = 0) readonly buffer InputBuffer { float x[]; };
layout(std430, binding = 1) writeonly buffer OutputBuffer { vec2 y[]; };
ARGS(OVERLAP_ARGS)

void main() {
  const uint i = gl_GlobalInvocationID.x;
  const uint size = 2 * args.block;
  if (i >= size) return;
  const uint window = gl_WorkGroupID.y;
  const uint from = gl_WorkGroupID.z * (args.windows + 1) * args.block;
  y[(gl_WorkGroupID.z * args.windows + window) * size + i] = vec2(x[from + window * args.block + i], 0.0);
}
