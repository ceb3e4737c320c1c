#version 460
#extension GL_GOOGLE_include_directive : require
// An LSTM or a GRU over a sequence in one go: one workgroup an item of the batch, the state in shared memory. Gates come with
// their inputs' share and biases, [batch, steps, gateStride], in PyTorch's order: i, f, g, o or r, z, n. Workgroups: (batch).
#include "common.glsl"

#define THREADS 256
layout(local_size_x = THREADS) in;

layout(std430, binding = 0) readonly buffer GatesBuffer { STORED gates[]; };
layout(std430, binding = 1) readonly buffer WeightBuffer { STORED4 weight[]; };
layout(std430, binding = 2) readonly buffer BiasBuffer { float resetBias[]; };  // of a GRU's n, inside of its reset product
layout(std430, binding = 3) buffer HiddenBuffer { float hiddenState[]; };
layout(std430, binding = 4) buffer CellBuffer { float cellState[]; };
layout(std430, binding = 5) writeonly buffer OutputBuffer { STORED y[]; };
ARGS(RECURRENT_ARGS)

shared float hidden[RECURRENT_MOST_UNITS];
shared vec4 sums[RECURRENT_MOST_UNITS];  // four columns each

float sumOf(uint column) { return sums[column / 4][column % 4]; }

float newHidden(uint unit, uint gate, uint state) {
  const uint units = args.units;
  const float first = sigmoid(float(gates[gate + unit]) + sumOf(unit));
  const float second = sigmoid(float(gates[gate + units + unit]) + sumOf(units + unit));
  const float third = float(gates[gate + 2 * units + unit]);
  if (args.cell == RECURRENT_GRU) {
    const float fresh = tanh(third + first * (sumOf(2 * units + unit) + resetBias[unit]));
    return fresh + second * (hidden[unit] - fresh);
  }
  const float cell = second * cellState[state + unit] + first * tanh(third + sumOf(2 * units + unit));
  cellState[state + unit] = cell;
  return sigmoid(float(gates[gate + 3 * units + unit]) + sumOf(3 * units + unit)) * tanh(cell);
}

void main() {
  const uint state = gl_WorkGroupID.x * args.units;
  for (uint u = gl_LocalInvocationID.x; u < args.units; u += THREADS) hidden[u] = hiddenState[state + u];
  for (uint i = 0; i < args.steps; ++i) {
    barrier();
    for (uint column = gl_LocalInvocationID.x * 4; column < args.weightStride; column += THREADS * 4) {
      vec4 sum = vec4(0.0);
      for (uint k = 0; k < args.units; ++k) {
        sum = fma(vec4(hidden[k]), vec4(weight[(k * args.weightStride + column) >> 2]), sum);
      }
      sums[column >> 2] = sum;
    }
    barrier();
    const uint row = gl_WorkGroupID.x * args.steps + (args.backward != 0 ? args.steps - 1 - i : i);
    for (uint u = gl_LocalInvocationID.x; u < args.units; u += THREADS) {
      const float value = newHidden(u, row * args.gateStride, state);
      hidden[u] = value;
      y[row * args.outStride + args.outOffset + u] = STORED(value);
    }
  }
  barrier();
  for (uint u = gl_LocalInvocationID.x; u < args.units; u += THREADS) hiddenState[state + u] = hidden[u];
}
