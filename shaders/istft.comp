#version 460
#extension GL_GOOGLE_include_directive : require
// One windowed frame back from its spectrum, scaled to where its level was. Workgroups: (frames, signals).
#include "common.glsl"

layout(local_size_x = 256) in;

layout(std430, binding = 0) readonly buffer InputBuffer { STORED2 x[]; };
layout(std430, binding = 1) readonly buffer TwiddleBuffer { vec2 twiddles[]; };
layout(std430, binding = 2) readonly buffer WindowBuffer { float window[]; };
layout(std430, binding = 3) readonly buffer StatsBuffer { vec4 stats[]; };
layout(std430, binding = 4) writeonly buffer OutputBuffer { vec2 y[]; };
ARGS(ISTFT_ARGS)
#include "fft_local.glsl"

vec2 binAt(uint k) {
  if (k >= args.bins) return vec2(0.0);
  const uint base = gl_WorkGroupID.x * args.frameStride + gl_WorkGroupID.y * args.signalStride;
  vec2 value = vec2(x[base + k * args.binStride]);
  if (args.hasLevel != 0) value = value * stats[0].z + stats[0].x;
  if (k == 0 || k == args.size / 2) value.y = 0.0;
  return value;
}

void main() {
  const uint half_ = args.size / 2;
  for (uint k = gl_LocalInvocationID.x; k < half_; k += FFT_THREADS) {
    const vec2 a = binAt(k);
    const vec2 b = binAt(half_ - k) * vec2(1.0, -1.0);
    const vec2 w = twiddles[k * args.twiddleStride];
    points[k] = a + b + product(vec2(w.y, w.x), a - b);
  }
  transform(half_, args.twiddleStride * 2, -1.0);
  const uint base = (gl_WorkGroupID.y * args.frames + gl_WorkGroupID.x) * half_;
  const float scale = 1.0 / float(args.size);
  for (uint i = gl_LocalInvocationID.x; i < half_; i += FFT_THREADS) {
    y[base + i] = points[i] * vec2(window[2 * i], window[2 * i + 1]) * scale;
  }
}
