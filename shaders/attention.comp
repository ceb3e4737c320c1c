#version 460
#extension GL_GOOGLE_include_directive : require
// Attention without a stored score matrix: 64 queries of one head meet 32 keys at a time, with a
// running softmax. Heads of at most 64 channels, a multiple of 4. Workgroups: (queries / 64, heads).
// Source: Milakov & Gimelshein 2018; Dao et al. 2022.
#include "common.glsl"
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_shuffle : require
#endif

#define QUERIES 64
#define KEYS 32
#define VECTORS 16  // of a head
#define ROWS 4      // queries a thread
layout(local_size_x = 128) in;

layout(std430, binding = 0) readonly buffer QueryBuffer { STORED4 query[]; };
layout(std430, binding = 1) readonly buffer MemoryBuffer { STORED4 memory[]; };
layout(std430, binding = 2) writeonly buffer OutputBuffer { STORED4 y[]; };
ARGS(ATTENTION_ARGS)

// Vectors of a row are swapped by the row's number, so that neighbouring rows lie in other banks.
shared vec4 queryTile[QUERIES * VECTORS];
shared vec4 keyTile[KEYS * VECTORS];  // then the weights: as large
shared vec4 valueTile[KEYS * VECTORS];

float rowMaximum(float value, uint tx, uint ty, uint m) {
#ifdef SUBGROUP
  value = max(value, subgroupShuffleXor(value, 1));
  value = max(value, subgroupShuffleXor(value, 2));
  return max(value, subgroupShuffleXor(value, 4));
#else
  const uint row = ty + 16 * m;
  keyTile[row * 2 + tx / 4][tx % 4] = value;
  barrier();
  const vec4 most = max(keyTile[row * 2], keyTile[row * 2 + 1]);
  barrier();
  return max(max(most.x, most.y), max(most.z, most.w));
#endif
}

float rowSum(float value, uint tx, uint ty, uint m) {
#ifdef SUBGROUP
  value += subgroupShuffleXor(value, 1);
  value += subgroupShuffleXor(value, 2);
  return value + subgroupShuffleXor(value, 4);
#else
  const uint row = ty + 16 * m;
  keyTile[row * 2 + tx / 4][tx % 4] = value;
  barrier();
  const vec4 all = keyTile[row * 2] + keyTile[row * 2 + 1];
  barrier();
  return all.x + all.y + all.z + all.w;
#endif
}

void loadMemory(uint first, uint headVector, uint vectors) {
  for (uint i = gl_LocalInvocationID.x; i < KEYS * VECTORS; i += 128) {
    const uint row = i / VECTORS;
    const uint v = i % VECTORS;
    const bool inside = first + row < args.keys && v < vectors;
    const uint at = ((first + row) * args.keyStride >> 2) + headVector + v;
    keyTile[row * VECTORS + (v ^ row % 8)] = inside ? vec4(memory[at + (args.keyOffset >> 2)]) : vec4(0.0);
    valueTile[i] = inside ? vec4(memory[at + (args.valueOffset >> 2)]) : vec4(0.0);
  }
}

void main() {
  const uint tx = gl_LocalInvocationID.x % 8;
  const uint ty = gl_LocalInvocationID.x / 8;
  const uint firstQuery = gl_WorkGroupID.x * QUERIES;
  const uint vectors = args.width >> 2;
  const uint headVector = gl_WorkGroupID.y * vectors;

  for (uint i = gl_LocalInvocationID.x; i < QUERIES * VECTORS; i += 128) {
    const uint row = i / VECTORS;
    const uint v = i % VECTORS;
    const bool inside = firstQuery + row < args.queries && v < vectors;
    queryTile[row * VECTORS + (v ^ row % 8)] =
        inside ? vec4(query[((firstQuery + row) * args.queryStride >> 2) + headVector + v]) * args.scale
               : vec4(0.0);
  }

  vec4 sums[ROWS][2];
  float peak[ROWS];
  float total[ROWS];
  [[unroll]] for (uint m = 0; m < ROWS; ++m) {
    sums[m][0] = sums[m][1] = vec4(0.0);
    peak[m] = -3.0e38;
    total[m] = 0.0;
  }

  for (uint first = 0; first < args.keys; first += KEYS) {
    barrier();
    loadMemory(first, headVector, vectors);
    barrier();
    vec4 scores[ROWS];
    [[unroll]] for (uint m = 0; m < ROWS; ++m) scores[m] = vec4(0.0);
    for (uint v = 0; v < vectors; ++v) {
      vec4 q[ROWS];
      [[unroll]] for (uint m = 0; m < ROWS; ++m) q[m] = queryTile[(ty + 16 * m) * VECTORS + (v ^ ty % 8)];
      [[unroll]] for (uint n = 0; n < 4; ++n) {
        const vec4 k = keyTile[(tx + 8 * n) * VECTORS + (v ^ tx)];
        [[unroll]] for (uint m = 0; m < ROWS; ++m) {
          scores[m][n] = fma(q[m].x, k.x, fma(q[m].y, k.y, fma(q[m].z, k.z, fma(q[m].w, k.w, scores[m][n]))));
        }
      }
    }
    barrier();  // the keys have been read: their place takes the weights
    float fades[ROWS];
    [[unroll]] for (uint m = 0; m < ROWS; ++m) {
      [[unroll]] for (uint n = 0; n < 4; ++n) {
        if (first + tx + 8 * n >= args.keys) scores[m][n] = -3.0e38;
      }
      const vec4 s = scores[m];
      const float highest = max(peak[m], rowMaximum(max(max(s.x, s.y), max(s.z, s.w)), tx, ty, m));
      fades[m] = exp(peak[m] - highest);
      peak[m] = highest;
      scores[m] = exp(s - highest);
      total[m] = total[m] * fades[m] + scores[m].x + scores[m].y + scores[m].z + scores[m].w;
      sums[m][0] *= fades[m];
      sums[m][1] *= fades[m];
    }
    [[unroll]] for (uint m = 0; m < ROWS; ++m) {
      const uint row = ty + 16 * m;
      [[unroll]] for (uint n = 0; n < 4; ++n) {
        const uint key = tx + 8 * n;
        keyTile[row * 8 + (key / 4 ^ row % 8)][key % 4] = scores[m][n];
      }
    }
    barrier();
    [[unroll]] for (uint part = 0; part < KEYS / 4; ++part) {
      vec4 w[ROWS];
      [[unroll]] for (uint m = 0; m < ROWS; ++m) w[m] = keyTile[(ty + 16 * m) * 8 + (part ^ ty % 8)];
      [[unroll]] for (uint i = 0; i < 4; ++i) {
        const vec4 low = valueTile[(part * 4 + i) * VECTORS + tx];
        const vec4 high = valueTile[(part * 4 + i) * VECTORS + tx + 8];
        [[unroll]] for (uint m = 0; m < ROWS; ++m) {
          sums[m][0] = fma(vec4(w[m][i]), low, sums[m][0]);
          sums[m][1] = fma(vec4(w[m][i]), high, sums[m][1]);
        }
      }
    }
  }

  barrier();
  [[unroll]] for (uint m = 0; m < ROWS; ++m) {
    const uint row = firstQuery + ty + 16 * m;
    const float factor = 1.0 / rowSum(total[m], tx, ty, m);
    const uint at = (row * args.outStride >> 2) + headVector + tx;
    if (row < args.queries && tx < vectors) y[at] = STORED4(sums[m][0] * factor);
    if (row < args.queries && tx + 8 < vectors) y[at + 8] = STORED4(sums[m][1] * factor);
  }
}
