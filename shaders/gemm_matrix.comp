#version 460
#extension GL_GOOGLE_include_directive : require
// The product of gemm.comp on matrix units, see matrix_units.glsl. TILE_M x TILE_N outputs a workgroup of WARPS_M x WARPS_N
// subgroups of 32.
#include "common.glsl"
#include "matrix_units.glsl"

#define TILE_K 16  // of the units
#define THREADS (32 * WARPS_M * WARPS_N)
#define FRAGMENTS_M (TILE_M / WARPS_M / 16)
#define FRAGMENTS_N (TILE_N / WARPS_N / 16)
#define A_LOADS (TILE_M * TILE_K / 4 / THREADS)
#define B_LOADS (TILE_K * TILE_N / 4 / THREADS)

layout(local_size_x = THREADS) in;
ARGS(GEMM_ARGS)
#include "gemm_parts.glsl"

// In pairs of words: four halves or two floats. Rows are padded, so that neighbours lie in other banks.
#define A_STRIDE (TILE_K / 4 + 2)
#define B_STRIDE (TILE_N / 4 + 2)
#define OUT_STRIDE (TILE_N / 2)
#define A_SIZE (TILE_M * A_STRIDE)
#define B_SIZE (TILE_K * B_STRIDE)
#define B_START (PARTS * A_SIZE)
#define IN_SIZE (PARTS * (A_SIZE + B_SIZE))
#define OUT_SIZE (WARPS_M * 16 * OUT_STRIDE)
shared uvec2 tile[IN_SIZE > OUT_SIZE ? IN_SIZE : OUT_SIZE];

#include "matrix_products.glsl"

// Stores the sums of one row of fragments of every subgroup.
void flush(uint part, uint firstRow, uint firstColumn) {
  for (uint i = gl_LocalInvocationID.x; i < WARPS_M * 16 * (TILE_N / 4); i += THREADS) {
    const uint line = i / (TILE_N / 4);
    const uint row = firstRow + line / 16 * (TILE_M / WARPS_M) + part * 16 + line % 16;
    const uint vector = i - line * (TILE_N / 4);
    const uint column = firstColumn + vector * 4;
    if (row < args.rows && column < args.columns) {
      const uvec2 low = tile[line * OUT_STRIDE + vector * 2];
      const uvec2 high = tile[line * OUT_STRIDE + vector * 2 + 1];
      const vec4 sum = uintBitsToFloat(uvec4(low, high)) / args.weightScale;
      const vec4 shift = vec4(bias[column], bias[column + 1], bias[column + 2], bias[column + 3]);
      const uint y0 = row / args.outWidth;
      store(y0, row - y0 * args.outWidth, column, sum + shift);
    }
  }
}

void main() {
  const uint warpM = warpNumber() % WARPS_M;
  const uint warpN = warpNumber() / WARPS_M;
  const uint firstRow = gl_WorkGroupID.x * TILE_M;
  const uint firstColumn = gl_WorkGroupID.y * TILE_N;

  Place places[A_LOADS];
  const uint aRow = gl_LocalInvocationID.x / (TILE_K / 4);
  const uint aPart = gl_LocalInvocationID.x % (TILE_K / 4);
  [[unroll]] for (uint i = 0; i < A_LOADS; ++i) {
    places[i] = placeOf(firstRow + aRow + i * (THREADS / (TILE_K / 4)));
  }
  Cursor cursor = cursorAt(aPart * 4);

  Sums sums[FRAGMENTS_M][FRAGMENTS_N];
  [[unroll]] for (uint m = 0; m < FRAGMENTS_M; ++m) {
    [[unroll]] for (uint n = 0; n < FRAGMENTS_N; ++n) sums[m][n] = noSums();
  }

  vec4 nextA[A_LOADS];
  vec4 nextB[B_LOADS];
  [[unroll]] for (uint i = 0; i < A_LOADS; ++i) nextA[i] = loadA(places[i], cursor, aPart * 4);
  [[unroll]] for (uint i = 0; i < B_LOADS; ++i) {
    const uint at = gl_LocalInvocationID.x + i * THREADS;
    nextB[i] = loadB(at / (TILE_N / 4), firstColumn + at % (TILE_N / 4) * 4);
  }

  for (uint k = 0; k < args.depth; k += TILE_K) {
    barrier();  // what was here before has been read
    [[unroll]] for (uint i = 0; i < A_LOADS; ++i) {
      put((aRow + i * (THREADS / (TILE_K / 4))) * A_STRIDE + aPart, A_SIZE, nextA[i]);
    }
    [[unroll]] for (uint i = 0; i < B_LOADS; ++i) {
      const uint at = gl_LocalInvocationID.x + i * THREADS;
      put(B_START + at / (TILE_N / 4) * B_STRIDE + at % (TILE_N / 4), B_SIZE, nextB[i] * args.weightScale);
    }
    barrier();
    if (k + TILE_K < args.depth) {
      advance(cursor, TILE_K);
      [[unroll]] for (uint i = 0; i < A_LOADS; ++i) {
        nextA[i] = loadA(places[i], cursor, k + TILE_K + aPart * 4);
      }
      [[unroll]] for (uint i = 0; i < B_LOADS; ++i) {
        const uint at = gl_LocalInvocationID.x + i * THREADS;
        nextB[i] = loadB(k + TILE_K + at / (TILE_N / 4), firstColumn + at % (TILE_N / 4) * 4);
      }
    }
    FragmentA a[FRAGMENTS_M][PARTS];
    [[unroll]] for (uint m = 0; m < FRAGMENTS_M; ++m) {
      const uint at = (warpM * (TILE_M / WARPS_M) + m * 16) * A_STRIDE;
      [[unroll]] for (uint p = 0; p < PARTS; ++p) fetchA(a[m][p], at + p * A_SIZE, A_STRIDE);
    }
    [[unroll]] for (uint n = 0; n < FRAGMENTS_N; ++n) {
      const uint at = B_START + (warpN * (TILE_N / WARPS_N) + n * 16) / 4;
      FragmentB b[PARTS];
      [[unroll]] for (uint p = 0; p < PARTS; ++p) fetchB(b[p], at + p * B_SIZE, B_STRIDE);
      [[unroll]] for (uint m = 0; m < FRAGMENTS_M; ++m) sums[m][n] = added(sums[m][n], product(a[m], b));
    }
  }

  [[unroll]] for (uint m = 0; m < FRAGMENTS_M; ++m) {
    barrier();
    [[unroll]] for (uint n = 0; n < FRAGMENTS_N; ++n) {
      keep(sums[m][n], warpM * 16 * OUT_STRIDE + (warpN * (TILE_N / WARPS_N) + n * 16) / 2, OUT_STRIDE);
    }
    barrier();
    flush(m, firstRow, firstColumn);
  }
}
