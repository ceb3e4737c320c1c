#version 460
#extension GL_GOOGLE_include_directive : require
// out = a + b; out may be either.
#include "common.glsl"

layout(local_size_x = 256) in;

layout(std430, binding = 0) readonly buffer FirstBuffer { STORED a[]; };
layout(std430, binding = 1) readonly buffer SecondBuffer { STORED b[]; };
layout(std430, binding = 2) writeonly buffer OutputBuffer { STORED y[]; };
ARGS(ADD_ARGS)

void main() {
  const uint stride = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
  for (uint i = gl_GlobalInvocationID.x; i < args.count; i += stride) y[i] = STORED(float(a[i]) + float(b[i]));
}
