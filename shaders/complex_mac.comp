#version 460
#extension GL_GOOGLE_include_directive : require
// The spectrum of one block of a partitioned convolution. Workgroups: (bins / 256, streams).
#include "common.glsl"

layout(local_size_x = 256) in;

layout(std430, binding = 0) readonly buffer InputBuffer { vec2 x[]; };
layout(std430, binding = 1) readonly buffer ResponseBuffer { vec2 response[]; };
layout(std430, binding = 2) writeonly buffer OutputBuffer { vec2 y[]; };
ARGS(COMPLEX_MAC_ARGS)

void main() {
  const uint bin = gl_GlobalInvocationID.x;
  const uint stream = gl_WorkGroupID.y;
  if (bin >= args.bins) return;
  vec2 sum = vec2(0.0);
  for (uint p = 0; p < args.partitions; ++p) {
    const uint slot = (args.head + args.partitions - p) % args.partitions;
    const vec2 a = x[(stream * args.partitions + slot) * args.bins + bin];
    const vec2 b = response[(stream * args.responseStride + p) * args.bins + bin];
    sum += vec2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
  }
  y[stream * args.bins + bin] = sum;
}
