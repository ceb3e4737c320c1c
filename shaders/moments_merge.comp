#version 460
#extension GL_GOOGLE_include_directive : require
// Joins the parts of each (batch, group) to (mean, factor, deviation, 0). Workgroups: (batch * groups).
#include "common.glsl"

#define THREADS 64
layout(local_size_x = THREADS) in;

layout(std430, binding = 0) readonly buffer PartsBuffer { vec4 parts[]; };
layout(std430, binding = 1) writeonly buffer StatsBuffer { vec4 stats[]; };
ARGS(MOMENTS_MERGE_ARGS)

shared vec4 shares[THREADS];

vec4 join(vec4 a, vec4 b) {
  const float count = a.x + b.x;
  if (count == 0.0) return vec4(0.0);
  const float delta = b.y - a.y;
  return vec4(count, a.y + delta * (b.x / count), a.z + b.z + delta * delta * (a.x * b.x / count), 0.0);
}

void main() {
  vec4 all = vec4(0.0);
  for (uint i = gl_LocalInvocationID.x; i < args.blocks; i += THREADS) {
    all = join(all, parts[gl_WorkGroupID.x * args.blocks + i]);
  }
  shares[gl_LocalInvocationID.x] = all;
  for (uint half_ = THREADS / 2; half_ != 0; half_ /= 2) {
    barrier();
    if (gl_LocalInvocationID.x < half_) {
      shares[gl_LocalInvocationID.x] = join(shares[gl_LocalInvocationID.x], shares[gl_LocalInvocationID.x + half_]);
    }
  }
  if (gl_LocalInvocationID.x != 0) return;
  const vec4 found = shares[0];
  const float deviation = sqrt(found.z / max(1.0, args.level != 0 ? found.x - 1.0 : found.x));
  const float factor = args.level != 0 ? 1.0 / (args.epsilon + deviation)
                                       : 1.0 / sqrt(found.z / max(1.0, found.x) + args.epsilon);
  stats[gl_WorkGroupID.x] = vec4(found.y, factor, deviation, 0.0);
}
