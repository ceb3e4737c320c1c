#version 460
#extension GL_GOOGLE_include_directive : require
// One windowed frame of one real signal a workgroup, as a transform of half the size.
// Workgroups: (frames, signals).
#include "common.glsl"

layout(local_size_x = 256) in;

layout(std430, binding = 0) readonly buffer InputBuffer { float x[]; };
layout(std430, binding = 1) readonly buffer TwiddleBuffer { vec2 twiddles[]; };
layout(std430, binding = 2) readonly buffer WindowBuffer { float window[]; };
layout(std430, binding = 3) writeonly buffer OutputBuffer { vec2 y[]; };
ARGS(STFT_ARGS)
#include "fft_local.glsl"

float sampleAt(uint n) {
  const int extended = int(args.zerosLeft + args.samples + args.zerosRight);
  int at = int(gl_WorkGroupID.x * args.hop + n) - int(args.left) + int(args.zerosLeft);
  if (at < 0) at = -at;
  if (at >= extended) at = 2 * (extended - 1) - at;
  at -= int(args.zerosLeft);
  if (at < 0 || at >= int(args.samples)) return 0.0;
  return x[uint(at) * args.sampleStride + gl_WorkGroupID.y] * window[n];
}

void main() {
  const uint half_ = args.size / 2;
  for (uint i = gl_LocalInvocationID.x; i < half_; i += FFT_THREADS) {
    points[i] = vec2(sampleAt(2 * i), sampleAt(2 * i + 1));
  }
  transform(half_, args.twiddleStride * 2, 1.0);
  const uint base = gl_WorkGroupID.x * args.frameStride + gl_WorkGroupID.y * args.signalStride;
  for (uint k = gl_LocalInvocationID.x; k < args.bins; k += FFT_THREADS) {
    const vec2 a = points[k % half_];
    const vec2 b = points[(half_ - k) % half_] * vec2(1.0, -1.0);
    const vec2 w = k < half_ ? twiddles[k * args.twiddleStride] : vec2(-1.0, 0.0);
    const vec2 odd = product(vec2(w.y, -w.x), a - b);
    y[base + k * args.binStride] = 0.5 * (a + b + odd);
  }
}
