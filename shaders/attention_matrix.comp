#version 460
#extension GL_GOOGLE_include_directive : require
// attention.comp on matrix units: each subgroup of 32 has 16 queries of one head, which meet KEYS keys at a time. Products are made
// of halves as in gemm_matrix.comp. A thread has half a row of scores and of sums, every other vector, which it gets from the units
// through shared memory: where values lie in their fragments is the driver's own affair. Weights are lifted by 2^12 so that
// the small ones keep their lower halves; the division at the end takes that back. Workgroups: (queries / (16 * WARPS), heads).
// Source: Dao et al. 2022; Ootomo & Yokota 2022.
#include "common.glsl"
#extension GL_KHR_shader_subgroup_shuffle : require

#define WIDTH 64  // of a head, filled up with zeros
#define VECTORS (WIDTH / 4)
#define QUERIES (16 * WARPS)
#define THREADS (32 * WARPS)
#define LIFT 8.317766166719343  // log(2^12)
layout(local_size_x = THREADS) in;

layout(std430, binding = 0) readonly buffer QueryBuffer { STORED4 query[]; };
layout(std430, binding = 1) readonly buffer MemoryBuffer { STORED4 memory[]; };
layout(std430, binding = 2) writeonly buffer OutputBuffer { STORED4 y[]; };
ARGS(ATTENTION_ARGS)

// In pairs of words: four halves or two floats. Rows are padded, so that neighbours lie in other banks.
#define ROW_STRIDE (VECTORS + 2)
#define SCORE_STRIDE (KEYS / 2 + 4)
#define WEIGHT_STRIDE (KEYS / 4 + 2)
#define SUM_STRIDE (WIDTH / 2 + 4)
#include "matrix_units.glsl"
#define MEMORY_SIZE (KEYS * ROW_STRIDE)
#define VALUE_START (PARTS * MEMORY_SIZE)
#define WARP_START (2 * PARTS * MEMORY_SIZE)  // then a place of each subgroup's own: queries; scores; weights; sums
#define WARP_SIZE (16 * SUM_STRIDE)
#define QUERY_SIZE (16 * ROW_STRIDE)
#ifdef EMULATED
#define QUERY_START (WARP_START + WARPS * WARP_SIZE)  // fragments stay where they were fetched
#define TILE_SIZE (QUERY_START + WARPS * WARP_SIZE)
#else
#define QUERY_START WARP_START
#define TILE_SIZE (WARP_START + WARPS * WARP_SIZE)
#endif
shared uvec2 tile[TILE_SIZE];
#include "matrix_products.glsl"

#define LOADS (KEYS * VECTORS / THREADS)

vec4 valueAt(uint key, uint v, uint vectors, uint offset) {
  return key < args.keys && v < vectors ? vec4(memory[(key * args.keyStride + offset >> 2) + gl_WorkGroupID.y * vectors + v])
                                        : vec4(0.0);
}

vec4 floatsAt(uint at) { return uintBitsToFloat(uvec4(tile[at], tile[at + 1])); }

void main() {
  const uint number = gl_LocalInvocationID.x;
  const uint vectors = args.width >> 2;
  const uint firstQuery = gl_WorkGroupID.x * QUERIES;
  for (uint i = number; i < QUERIES * VECTORS; i += THREADS) {
    const uint row = i / VECTORS;
    const uint v = i % VECTORS;
    const bool inside = firstQuery + row < args.queries && v < vectors;
    const uint at = ((firstQuery + row) * args.queryStride >> 2) + gl_WorkGroupID.y * vectors + v;
    put(QUERY_START + row / 16 * WARP_SIZE + row % 16 * ROW_STRIDE + v, QUERY_SIZE,
        inside ? vec4(query[at]) * args.scale : vec4(0.0));
  }
  vec4 nextKeys[LOADS];
  vec4 nextValues[LOADS];
  UNROLL for (uint i = 0; i < LOADS; ++i) {
    const uint at = number + i * THREADS;
    nextKeys[i] = valueAt(at / VECTORS, at % VECTORS, vectors, args.keyOffset);
    nextValues[i] = valueAt(at / VECTORS, at % VECTORS, vectors, args.valueOffset);
  }
  barrier();
  const uint own = WARP_START + warpNumber() * WARP_SIZE;
  FragmentA queries[WIDTH / 16][PARTS];
  UNROLL for (uint d = 0; d < WIDTH / 16; ++d) {
    UNROLL for (uint p = 0; p < PARTS; ++p) {
      fetchA(queries[d][p], QUERY_START + warpNumber() * WARP_SIZE + p * QUERY_SIZE + d * 4, ROW_STRIDE);
    }
  }

  const uint row = laneNumber() / 2;
  const uint side = laneNumber() % 2;
  vec4 sums[VECTORS / 2];
  UNROLL for (uint i = 0; i < VECTORS / 2; ++i) sums[i] = vec4(0.0);
  float peak = -3.0e38;
  float total = 0.0;

  for (uint first = 0; first < args.keys; first += KEYS) {
    barrier();  // what was here before has been read
    UNROLL for (uint i = 0; i < LOADS; ++i) {
      const uint at = number + i * THREADS;
      const uint to = at / VECTORS * ROW_STRIDE + at % VECTORS;
      put(to, MEMORY_SIZE, nextKeys[i]);
      put(VALUE_START + to, MEMORY_SIZE, nextValues[i]);
    }
    barrier();
    UNROLL for (uint i = 0; i < LOADS; ++i) {
      const uint at = number + i * THREADS;
      nextKeys[i] = valueAt(first + KEYS + at / VECTORS, at % VECTORS, vectors, args.keyOffset);
      nextValues[i] = valueAt(first + KEYS + at / VECTORS, at % VECTORS, vectors, args.valueOffset);
    }

    UNROLL for (uint n = 0; n < KEYS / 16; ++n) {
      Sums scores = noSums();
      UNROLL for (uint d = 0; d < WIDTH / 16; ++d) {
        FragmentT keys[PARTS];
        UNROLL for (uint p = 0; p < PARTS; ++p) {
          fetchT(keys[p], p * MEMORY_SIZE + n * 16 * ROW_STRIDE + d * 4, ROW_STRIDE);
        }
        scores = added(scores, product(queries[d], keys));
      }
      keep(scores, own + n * 8, SCORE_STRIDE);
    }
    warpBarrier();
    vec4 weights[KEYS / 8];
    float highest = peak;
    UNROLL for (uint i = 0; i < KEYS / 8; ++i) {
      const uint v = 2 * i + side;
      vec4 score = floatsAt(own + row * SCORE_STRIDE + 2 * v);
      UNROLL for (uint k = 0; k < 4; ++k) {
        if (first + 4 * v + k >= args.keys) score[k] = -3.0e38;
      }
      weights[i] = score;
      highest = max(highest, max(max(score.x, score.y), max(score.z, score.w)));
    }
    highest = max(highest, subgroupShuffleXor(highest, 1));
    const float fade = exp(peak - highest);
    peak = highest;
    total *= fade;
    warpBarrier();  // the scores have been read
    UNROLL for (uint i = 0; i < KEYS / 8; ++i) {
      const vec4 weight = exp(weights[i] - (highest - LIFT));
      total += weight.x + weight.y + weight.z + weight.w;
      put(own + row * WEIGHT_STRIDE + 2 * i + side, 16 * WEIGHT_STRIDE, weight);
    }
    warpBarrier();

    FragmentA shares[KEYS / 16][PARTS];
    UNROLL for (uint k = 0; k < KEYS / 16; ++k) {
      UNROLL for (uint p = 0; p < PARTS; ++p) {
        fetchA(shares[k][p], own + p * 16 * WEIGHT_STRIDE + k * 4, WEIGHT_STRIDE);
      }
    }
    Sums steps[WIDTH / 16];
    UNROLL for (uint n = 0; n < WIDTH / 16; ++n) {
      steps[n] = noSums();
      UNROLL for (uint k = 0; k < KEYS / 16; ++k) {
        FragmentB values[PARTS];
        UNROLL for (uint p = 0; p < PARTS; ++p) {
          fetchB(values[p], VALUE_START + p * MEMORY_SIZE + k * 16 * ROW_STRIDE + n * 4, ROW_STRIDE);
        }
        steps[n] = added(steps[n], product(shares[k], values));
      }
    }
    warpBarrier();  // the weights have been read
    UNROLL for (uint n = 0; n < WIDTH / 16; ++n) keep(steps[n], own + n * 8, SUM_STRIDE);
    warpBarrier();
    UNROLL for (uint i = 0; i < VECTORS / 2; ++i) {
      sums[i] = sums[i] * fade + floatsAt(own + row * SUM_STRIDE + 2 * (2 * i + side));
    }
  }

  const float factor = 1.0 / (total + subgroupShuffleXor(total, 1));
  const uint at = firstQuery + warpNumber() * 16 + row;
  UNROLL for (uint i = 0; i < VECTORS / 2; ++i) {
    const uint v = 2 * i + side;
    if (at < args.queries && v < vectors) {
      y[(at * args.outStride >> 2) + gl_WorkGroupID.y * vectors + v] = STORED4(sums[i] * factor);
    }
  }
}
