#version 460
#extension GL_GOOGLE_include_directive : require
// Moments of one block of rows of one group of channels. Workgroups: (blocks, groups, batch).
#include "common.glsl"

#define THREADS 256
layout(local_size_x = THREADS) in;

layout(std430, binding = 0) readonly buffer InputBuffer { STORED x[]; };
layout(std430, binding = 1) writeonly buffer PartsBuffer { vec4 parts[]; };
ARGS(MOMENTS_ARGS)

shared vec4 shares[THREADS];

// (count, mean, m2) of both together. Source: Chan, Golub & LeVeque 1979.
vec4 join(vec4 a, vec4 b) {
  const float count = a.x + b.x;
  if (count == 0.0) return vec4(0.0);
  const float delta = b.y - a.y;
  return vec4(count, a.y + delta * (b.x / count), a.z + b.z + delta * delta * (a.x * b.x / count), 0.0);
}

void main() {
  const uint width = args.channels / args.groups;
  const uint perBlock = (args.rows + args.blocks - 1) / args.blocks;
  const uint first = min(gl_WorkGroupID.x * perBlock, args.rows);
  const uint count = (min(first + perBlock, args.rows) - first) * width;
  const uint base = (gl_WorkGroupID.z * args.rows + first) * args.channels + gl_WorkGroupID.y * width;

  // Compensated sums are of deviations from the first element, as on the processor.
  const float origin = args.algorithm == MOMENTS_KAHAN && count != 0 ? float(x[base]) : 0.0;
  float seen = 0.0;
  vec2 total = vec2(0.0);  // sum and sum of squares, or mean and m2
  precise vec2 lost = vec2(0.0);
  uint i = gl_LocalInvocationID.x;
  if (args.algorithm == MOMENTS_WELFORD && args.groups == 1) {
    // Four chains of sums for one division, and four elements on their way at once.
    vec4 means = vec4(0.0);
    vec4 squares = vec4(0.0);
    for (; i + 3 * THREADS < count; i += 4 * THREADS) {
      const uint at = base + i;
      const vec4 value = vec4(x[at], x[at + THREADS], x[at + 2 * THREADS], x[at + 3 * THREADS]);
      seen += 1.0;
      const vec4 delta = value - means;
      means += delta * (1.0 / seen);
      squares += delta * (value - means);
    }
    const vec4 all = join(join(vec4(seen, means.x, squares.x, 0.0), vec4(seen, means.y, squares.y, 0.0)),
                          join(vec4(seen, means.z, squares.z, 0.0), vec4(seen, means.w, squares.w, 0.0)));
    seen = all.x;
    total = all.yz;
  }
  for (; i < count; i += THREADS) {
    const uint at = args.groups == 1 ? base + i : base + i / width * args.channels + i % width;
    const float value = float(x[at]);
    seen += 1.0;
    if (args.algorithm == MOMENTS_WELFORD) {
      const float delta = value - total.x;
      total.x += delta / seen;
      total.y += delta * (value - total.x);
    } else if (args.algorithm == MOMENTS_KAHAN) {
      const float deviation = value - origin;
      precise const vec2 term = vec2(deviation, deviation * deviation) - lost;
      precise const vec2 next = total + term;
      lost = (next - total) - term;
      total = next;
    } else {
      total += vec2(value, value * value);
    }
  }
  if (args.algorithm != MOMENTS_WELFORD && seen != 0.0) {
    const float mean = total.x / seen;
    total = vec2(origin + mean, max(0.0, total.y - total.x * mean));
  }
  shares[gl_LocalInvocationID.x] = vec4(seen, total, 0.0);
  for (uint half_ = THREADS / 2; half_ != 0; half_ /= 2) {
    barrier();
    if (gl_LocalInvocationID.x < half_) {
      shares[gl_LocalInvocationID.x] = join(shares[gl_LocalInvocationID.x], shares[gl_LocalInvocationID.x + half_]);
    }
  }
  if (gl_LocalInvocationID.x == 0) {
    parts[(gl_WorkGroupID.z * args.groups + gl_WorkGroupID.y) * args.blocks + gl_WorkGroupID.x] = shares[0];
  }
}
