#version 460
#extension GL_GOOGLE_include_directive : require
// Applies the statistics of a group norm, and what follows it. With NORM_GLU_ADD values and gates
// alternate: y [.., channels / 2] += scale * value * sigmoid(gate).
#include "common.glsl"

layout(local_size_x = 256) in;

#ifdef RAW
layout(std430, binding = 0) readonly buffer InputBuffer { float x[]; };
#else
layout(std430, binding = 0) readonly buffer InputBuffer { STORED x[]; };
#endif
layout(std430, binding = 1) readonly buffer StatsBuffer { vec4 stats[]; };
layout(std430, binding = 2) readonly buffer WeightBuffer { float weight[]; };
layout(std430, binding = 3) readonly buffer BiasBuffer { float bias[]; };
layout(std430, binding = 4) readonly buffer ScaleBuffer { float scale[]; };
layout(std430, binding = 5) buffer OutputBuffer { STORED y[]; };
ARGS(NORM_ARGS)

float normalised(uint at, uint row, uint channel) {
  const uint group = channel / (args.channels / args.groups);
  const vec4 found = stats[row / args.rows * args.groups + group];
  const float value = (float(x[at]) - found.x) * found.y;
  return args.after == NORM_LEVEL ? value : value * weight[channel] + bias[channel];
}

void main() {
  const uint stride = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
  for (uint i = gl_GlobalInvocationID.x; i < args.count; i += stride) {
    if (args.after == NORM_GLU_ADD) {
      const uint outChannels = args.channels >> 1;
      const uint row = i / outChannels;
      const uint channel = i - row * outChannels;
      const float value = normalised(2 * i, row, 2 * channel);
      const float gate = normalised(2 * i + 1, row, 2 * channel + 1);
      y[i] = STORED(float(y[i]) + scale[channel] * value * sigmoid(gate));
    } else {
      const uint row = i / args.channels;
      const float value = normalised(i, row, i - row * args.channels);
      y[i] = STORED(args.after == NORM_GELU ? gelu(value) : value);
    }
  }
}
