#version 460
#extension GL_GOOGLE_include_directive : require
// Each row of x [rows, channels] normalised; an addend of the same shape is added after. Workgroups: one a row.
#include "common.glsl"

#define THREADS 128
layout(local_size_x = THREADS) in;

layout(std430, binding = 0) readonly buffer InputBuffer { STORED x[]; };
layout(std430, binding = 1) readonly buffer WeightBuffer { float weight[]; };
layout(std430, binding = 2) readonly buffer BiasBuffer { float bias[]; };
layout(std430, binding = 3) readonly buffer AddendBuffer { float addend[]; };
layout(std430, binding = 4) writeonly buffer OutputBuffer { STORED y[]; };
ARGS(LAYER_NORM_ARGS)

shared float shares[THREADS];

float sumOf(float share) {
  barrier();
  shares[gl_LocalInvocationID.x] = share;
  for (uint half_ = THREADS / 2; half_ != 0; half_ /= 2) {
    barrier();
    if (gl_LocalInvocationID.x < half_) shares[gl_LocalInvocationID.x] += shares[gl_LocalInvocationID.x + half_];
  }
  barrier();
  return shares[0];
}

void main() {
  const uint row = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  if (row >= args.rows) return;
  const uint base = row * args.channels;
  float sum = 0.0;
  for (uint c = gl_LocalInvocationID.x; c < args.channels; c += THREADS) sum += float(x[base + c]);
  const float mean = sumOf(sum) / float(args.channels);
  float squares = 0.0;
  for (uint c = gl_LocalInvocationID.x; c < args.channels; c += THREADS) {
    const float delta = float(x[base + c]) - mean;
    squares += delta * delta;
  }
  const float factor = 1.0 / sqrt(sumOf(squares) / float(args.channels) + args.epsilon);
  for (uint c = gl_LocalInvocationID.x; c < args.channels; c += THREADS) {
    float value = (float(x[base + c]) - mean) * factor * weight[c] + bias[c];
    if (args.hasAddend != 0) value += addend[base + c];
    y[base + c] = STORED(value);
  }
}
