#version 460
#extension GL_GOOGLE_include_directive : require
// The signals of overlapping frames, and the time branch's at its own level. Sample n of signal s lies
// in at most size / hop frames. Workgroups cover samples x signals.
#include "common.glsl"

layout(local_size_x = 256) in;

layout(std430, binding = 0) readonly buffer FramesBuffer { float framesOf[]; };
layout(std430, binding = 1) readonly buffer BranchBuffer { STORED branch[]; };
layout(std430, binding = 2) readonly buffer StatsBuffer { vec4 stats[]; };
layout(std430, binding = 3) writeonly buffer OutputBuffer { float y[]; };
ARGS(OVERLAP_ADD_ARGS)

void main() {
  const uint stride = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
  const uint count = args.samples * args.signals;
  for (uint i = gl_GlobalInvocationID.x; i < count; i += stride) {
    const uint channel = i % args.channels;
    const uint n = i / args.channels % args.samples;
    const uint signal = i / (args.channels * args.samples) * args.channels + channel;
    float sum = 0.0;
    if (args.hasBranch != 0) sum = float(branch[n * args.signals + signal]) * stats[0].z + stats[0].x;
    if (args.hasFrames != 0) {
      const uint at = n + args.lead;
      const uint last = min(at / args.hop, args.frames - 1);
      const uint first = at < args.size ? 0 : (at - args.size) / args.hop + 1;
      for (uint t = first; t <= last; ++t) sum += framesOf[(signal * args.frames + t) * args.size + at - t * args.hop];
    }
    y[i] = sum;
  }
}
