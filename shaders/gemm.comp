#version 460
#extension GL_GOOGLE_include_directive : require
// Convolutions and linear layers as one product: rows of A are gathered tap by tap, never stored.
// TILE_M x TILE_N outputs a workgroup, THREAD_M x THREAD_N a thread; SCALAR reads A by single
// elements where inChannels is no multiple of 4.
#include "common.glsl"

#define TILE_K 16
#define THREADS_X (TILE_N / THREAD_N)
#define THREADS_Y (TILE_M / THREAD_M)
#define THREADS (THREADS_X * THREADS_Y)
#define VECTORS (THREAD_N / 4)
#define A_LOADS (TILE_M * TILE_K / 4 / THREADS)
#define B_LOADS (TILE_K * TILE_N / 4 / THREADS)
#define A_STRIDE (TILE_K / 4 + 1)
#define B_STRIDE (TILE_N / 4)

layout(local_size_x = THREADS) in;

ARGS(GEMM_ARGS)
#include "gemm_parts.glsl"

// Two sides of A, then two of B; at the end, half of the sums at a time.
#define A_SIZE (TILE_M * A_STRIDE)
#define B_SIZE (TILE_K * B_STRIDE)
#define HALF_M (THREAD_M / 2)
shared vec4 tile[2 * (A_SIZE + B_SIZE)];

// Stores TILE_M / 2 rows of sums that lie in shared memory.
void flush(uint firstRow, uint firstColumn) {
  for (uint i = gl_LocalInvocationID.x; i < HALF_M * THREADS_Y * B_STRIDE; i += THREADS) {
    const uint line = i / B_STRIDE;
    const uint row = firstRow + line;
    const uint column = firstColumn + (i - line * B_STRIDE) * 4;
    if (row < args.rows && column < args.columns) {
      const vec4 shift = vec4(bias[column], bias[column + 1], bias[column + 2], bias[column + 3]);
      const uint y0 = row / args.outWidth;
      store(y0, row - y0 * args.outWidth, column, tile[i] + shift);
    }
  }
}

// A macro, because registers have no address: the sums must be indexed by constants alone.
#define STAGE(part)                                                                      \
  barrier();                                                                             \
  [[unroll]] for (uint m = 0; m < HALF_M; ++m) {                                         \
    [[unroll]] for (uint v = 0; v < VECTORS; ++v) {                                      \
      tile[(ty + m * THREADS_Y) * B_STRIDE + tx + v * THREADS_X] = sums[part * HALF_M + m][v]; \
    }                                                                                    \
  }                                                                                      \
  barrier();                                                                             \
  flush(firstRow + part * HALF_M * THREADS_Y, firstColumn);

void main() {
  // Eight by four neighbours read shared memory without bank conflicts where 32 run in step.
  const uint lane = gl_LocalInvocationID.x % 32;
  const uint block = gl_LocalInvocationID.x / 32;
  const uint tx = block % (THREADS_X / 8) * 8 + lane % 8;
  const uint ty = block / (THREADS_X / 8) * 4 + lane / 8;
  const uint firstRow = gl_WorkGroupID.x * TILE_M;
  const uint firstColumn = gl_WorkGroupID.y * TILE_N;

  Place places[A_LOADS];
  const uint aRow = gl_LocalInvocationID.x / (TILE_K / 4);
  const uint aPart = gl_LocalInvocationID.x % (TILE_K / 4);
  [[unroll]] for (uint i = 0; i < A_LOADS; ++i) {
    places[i] = placeOf(firstRow + aRow + i * (THREADS / (TILE_K / 4)));
  }
  Cursor cursor = cursorAt(aPart * 4);

  vec4 sums[THREAD_M][VECTORS];
  [[unroll]] for (uint m = 0; m < THREAD_M; ++m) {
    [[unroll]] for (uint v = 0; v < VECTORS; ++v) sums[m][v] = vec4(0.0);
  }

  vec4 nextA[A_LOADS];
  vec4 nextB[B_LOADS];
  [[unroll]] for (uint i = 0; i < A_LOADS; ++i) nextA[i] = loadA(places[i], cursor, aPart * 4);
  [[unroll]] for (uint i = 0; i < B_LOADS; ++i) {
    const uint at = gl_LocalInvocationID.x + i * THREADS;
    nextB[i] = loadB(at / B_STRIDE, firstColumn + at % B_STRIDE * 4);
  }

  uint aSide = 0;
  uint bSide = 2 * A_SIZE;
  for (uint k = 0; k < args.depth; k += TILE_K) {
    [[unroll]] for (uint i = 0; i < A_LOADS; ++i) {
      tile[aSide + (aRow + i * (THREADS / (TILE_K / 4))) * A_STRIDE + aPart] = nextA[i];
    }
    [[unroll]] for (uint i = 0; i < B_LOADS; ++i) {
      tile[bSide + gl_LocalInvocationID.x + i * THREADS] = nextB[i];
    }
    barrier();
    if (k + TILE_K < args.depth) {
      advance(cursor, TILE_K);
      [[unroll]] for (uint i = 0; i < A_LOADS; ++i) {
        nextA[i] = loadA(places[i], cursor, k + TILE_K + aPart * 4);
      }
      [[unroll]] for (uint i = 0; i < B_LOADS; ++i) {
        const uint at = gl_LocalInvocationID.x + i * THREADS;
        nextB[i] = loadB(k + TILE_K + at / B_STRIDE, firstColumn + at % B_STRIDE * 4);
      }
    }
    [[unroll]] for (uint part = 0; part < TILE_K / 4; ++part) {
      vec4 a[THREAD_M];
      [[unroll]] for (uint m = 0; m < THREAD_M; ++m) {
        a[m] = tile[aSide + (ty + m * THREADS_Y) * A_STRIDE + part];
      }
      [[unroll]] for (uint i = 0; i < 4; ++i) {
        [[unroll]] for (uint v = 0; v < VECTORS; ++v) {
          const vec4 b = tile[bSide + (part * 4 + i) * B_STRIDE + tx + v * THREADS_X];
          [[unroll]] for (uint m = 0; m < THREAD_M; ++m) sums[m][v] = fma(vec4(a[m][i]), b, sums[m][v]);
        }
      }
    }
    aSide = A_SIZE - aSide;
    bSide = 4 * A_SIZE + B_SIZE - bSide;
  }

  // Through shared memory, half at a time, so that what follows needs no unrolling.
  STAGE(0)
  STAGE(1)
}
