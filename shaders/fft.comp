#version 460
#extension GL_GOOGLE_include_directive : require
// Complex transforms of 1 to 2048 points, a workgroup each; in place or not. Workgroups: (batch).
#include "common.glsl"

layout(local_size_x = 256) in;

layout(std430, binding = 0) readonly buffer InputBuffer { vec2 x[]; };
layout(std430, binding = 1) readonly buffer TwiddleBuffer { vec2 twiddles[]; };
layout(std430, binding = 2) writeonly buffer OutputBuffer { vec2 y[]; };
ARGS(FFT_ARGS)
#include "fft_local.glsl"

void main() {
  const uint base = gl_WorkGroupID.x * args.size;
  for (uint i = gl_LocalInvocationID.x; i < args.size; i += FFT_THREADS) points[i] = x[base + i];
  transform(args.size, args.twiddleStride, args.inverse != 0 ? -1.0 : 1.0);
  for (uint i = gl_LocalInvocationID.x; i < args.size; i += FFT_THREADS) y[base + i] = points[i] * args.scale;
}
