#version 460
#extension GL_GOOGLE_include_directive : require
// One radix-2 or radix-4 pass of transforms that do not fit in shared memory, from one buffer to another.
// block: length of the transforms that are finished. Workgroups: (size / RADIX / 256, batch).
#include "common.glsl"

layout(local_size_x = 256) in;

layout(std430, binding = 0) readonly buffer InputBuffer { vec2 x[]; };
layout(std430, binding = 1) readonly buffer TwiddleBuffer { vec2 twiddles[]; };
layout(std430, binding = 2) writeonly buffer OutputBuffer { vec2 y[]; };
ARGS(FFT_ARGS)

vec2 product(vec2 a, vec2 b) { return vec2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }

void main() {
  const uint part = args.size / RADIX;
  const uint i = gl_GlobalInvocationID.x;
  if (i >= part) return;
  const uint base = gl_WorkGroupID.y * args.size;
  const float direction = args.inverse != 0 ? -1.0 : 1.0;
  const uint k = i % args.block;
  const uint step_ = args.twiddleStride * (part / args.block) * k;
  vec2 v[RADIX];
  [[unroll]] for (uint r = 0; r < RADIX; ++r) {
    const vec2 w = twiddles[step_ * r];
    v[r] = product(x[base + i + r * part], vec2(w.x, w.y * direction));
  }
  const uint to = base + (i - k) * RADIX + k;
#if RADIX == 4
  const vec2 a = v[0] + v[2];
  const vec2 c = v[0] - v[2];
  const vec2 e = v[1] + v[3];
  const vec2 d = v[1] - v[3];
  const vec2 turned = vec2(d.y, -d.x) * direction;
  y[to] = (a + e) * args.scale;
  y[to + args.block] = (c + turned) * args.scale;
  y[to + 2 * args.block] = (a - e) * args.scale;
  y[to + 3 * args.block] = (c - turned) * args.scale;
#else
  y[to] = (v[0] + v[1]) * args.scale;
  y[to + args.block] = (v[0] - v[1]) * args.scale;
#endif
}
