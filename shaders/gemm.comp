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

#ifdef SCALAR
layout(std430, binding = 0) readonly buffer InputBuffer { STORED x[]; };
#else
layout(std430, binding = 0) readonly buffer InputBuffer { STORED4 x[]; };
#endif
layout(std430, binding = 1) readonly buffer WeightBuffer { STORED4 weight[]; };
layout(std430, binding = 2) readonly buffer BiasBuffer { float bias[]; };
layout(std430, binding = 3) readonly buffer ScaleBuffer { float scale[]; };
layout(std430, binding = 4) readonly buffer ResidualBuffer { STORED residual[]; };
layout(std430, binding = 5) readonly buffer ResidualPairs { STORED2 residual2[]; };
layout(std430, binding = 6) writeonly buffer OutputBuffer { STORED y[]; };
layout(std430, binding = 7) writeonly buffer OutputPairs { STORED2 y2[]; };
ARGS(GEMM_ARGS)

// Two sides of A, then two of B; at the end, half of the sums at a time.
#define A_SIZE (TILE_M * A_STRIDE)
#define B_SIZE (TILE_K * B_STRIDE)
#define HALF_M (THREAD_M / 2)
shared vec4 tile[2 * (A_SIZE + B_SIZE)];

struct Place {
  int y;      // input row and column of the first tap
  int x;
  bool inside;
};

Place placeOf(uint row) {
  const uint y = row / args.outWidth;
  const uint x = row - y * args.outWidth;
  return Place(int(y * args.strideHeight) - int(args.paddingHeight),
               int(x * args.strideWidth) - int(args.paddingWidth), row < args.rows);
}

// Where along the taps and channels a column of A lies.
struct Cursor {
  uint channel;
  uint tapY;
  uint tapX;
};

Cursor cursorAt(uint k) {
  const uint tap = k / args.inChannels;
  const uint tapY = tap / args.kernelWidth;
  return Cursor(k - tap * args.inChannels, tapY, tap - tapY * args.kernelWidth);
}

void advance(inout Cursor at, uint by) {
  at.channel += by;
  while (at.channel >= args.inChannels) {
    at.channel -= args.inChannels;
    if (++at.tapX == args.kernelWidth) {
      at.tapX = 0;
      ++at.tapY;
    }
  }
}

int indexOf(Place place, Cursor at) {
  const int row = place.y + int(at.tapY * args.dilationHeight);
  const int column = place.x + int(at.tapX * args.dilationWidth);
  const bool inside = place.inside && row >= 0 && row < int(args.inHeight) && column >= 0 &&
                      column < int(args.inWidth);
  return inside ? (row * int(args.inWidth) + column) * int(args.inChannels) + int(at.channel) : -1;
}

vec4 loadA(Place place, Cursor at, uint k) {
  if (k >= args.depth) return vec4(0.0);
#ifdef SCALAR
  vec4 value = vec4(0.0);
  for (uint i = 0; i < 4 && k + i < args.depth; ++i) {
    const int index = indexOf(place, at);
    if (index >= 0) value[i] = float(x[index]);
    advance(at, 1);
  }
  return value;
#else
  const int index = indexOf(place, at);
  return index >= 0 ? vec4(x[index >> 2]) : vec4(0.0);
#endif
}

vec4 loadB(uint k, uint column) {
  if (k >= args.depth || column >= args.weightStride) return vec4(0.0);
  return vec4(weight[(k * args.weightStride + column) >> 2]);
}

void storeOne(uint y0, uint x0, uint column, float value) {
  const uint phase = args.phases == 1 ? 0 : column / args.phaseColumns;
  const uint channel = column - phase * args.phaseColumns;
  const uint row = y0 * args.phases + phase - args.crop;  // beyond all rows where it is before the first
  if (row < args.outRows) {
    if (args.hasScale != 0) value *= scale[channel];
    if (args.hasResidual != 0) {
      value += float(residual[row * args.residualRowStride + x0 * args.residualColumnStride + channel]);
    }
    y[row * args.outRowStride + x0 * args.outColumnStride + channel] = STORED(value);
  }
}

void storePair(uint y0, uint x0, uint column, uint columns, vec2 value) {
  if (args.pairs != 0) {
    const uint phase = args.phases == 1 ? 0 : column / args.phaseColumns;
    const uint channel = column - phase * args.phaseColumns;
    const uint row = y0 * args.phases + phase - args.crop;
    if (column < columns && row < args.outRows) {
      if (args.hasScale != 0) value *= vec2(scale[channel], scale[channel + 1]);
      if (args.hasResidual != 0) {
        value += vec2(residual2[(row * args.residualRowStride + x0 * args.residualColumnStride + channel) >> 1]);
      }
      y2[(row * args.outRowStride + x0 * args.outColumnStride + channel) >> 1] = STORED2(value);
    }
  } else {
    if (column < columns) storeOne(y0, x0, column, value.x);
    if (column + 1 < columns) storeOne(y0, x0, column + 1, value.y);
  }
}

void store(uint y0, uint x0, uint column, vec4 value) {
  // Values and gates alternate, so a vector holds two of each.
  if (args.activation == ACTIVATION_GLU) {
    const vec2 gated = value.xz * vec2(sigmoid(value.y), sigmoid(value.w));
    storePair(y0, x0, column >> 1, args.columns >> 1, gated);
  } else {
    if (args.activation == ACTIVATION_GELU) {
      value = vec4(gelu(value.x), gelu(value.y), gelu(value.z), gelu(value.w));
    }
    storePair(y0, x0, column, args.columns, value.xy);
    storePair(y0, x0, column + 2, args.columns, value.zw);
  }
}

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
