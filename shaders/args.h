// The argument block of every shader, once for both sides: GLSL makes a uniform block of the list,
// C++ a struct (native/gpu/shader_args.h). Scalars of 4 bytes only, so that offsets agree.
#ifndef STEMWRIGHT_SHADER_ARGS_H
#define STEMWRIGHT_SHADER_ARGS_H

#define STEMWRIGHT_ARGS_BINDING 15

// Values of GemmArgs.activation.
#define ACTIVATION_NONE 0
#define ACTIVATION_GELU 1
#define ACTIVATION_GLU 2

// Product of the taps of a convolution over [height, width, channels] with a [depth, columns]
// weight, depth = taps * inChannels. Column n belongs to phase n / phaseColumns of a transposed
// convolution; position (y, x) and that phase give output row y * phases + phase - crop.
// weightScale: a power of two by which weights are multiplied before they become halves.
#define GEMM_ARGS(FIELD)             \
  FIELD(uint, rows)                  \
  FIELD(uint, columns)               \
  FIELD(uint, depth)                 \
  FIELD(uint, weightStride)          \
  FIELD(uint, inChannels)            \
  FIELD(uint, inHeight)              \
  FIELD(uint, inWidth)               \
  FIELD(uint, outWidth)              \
  FIELD(uint, kernelWidth)           \
  FIELD(uint, strideHeight)          \
  FIELD(uint, strideWidth)           \
  FIELD(uint, dilationHeight)        \
  FIELD(uint, dilationWidth)         \
  FIELD(uint, paddingHeight)         \
  FIELD(uint, paddingWidth)          \
  FIELD(uint, phases)                \
  FIELD(uint, phaseColumns)          \
  FIELD(uint, crop)                  \
  FIELD(uint, outRows)               \
  FIELD(uint, outRowStride)          \
  FIELD(uint, outColumnStride)       \
  FIELD(uint, residualRowStride)     \
  FIELD(uint, residualColumnStride)  \
  FIELD(uint, activation)            \
  FIELD(uint, hasScale)              \
  FIELD(uint, hasResidual)           \
  FIELD(uint, pairs)                 \
  FIELD(float, weightScale)

// Values of MomentsArgs.algorithm.
#define MOMENTS_STANDARD 0
#define MOMENTS_KAHAN 1
#define MOMENTS_WELFORD 2

// Partial moments of x [batch][rows, channels]: one triple (count, mean, m2) a block of rows.
#define MOMENTS_ARGS(FIELD)   \
  FIELD(uint, rows)           \
  FIELD(uint, channels)       \
  FIELD(uint, groups)         \
  FIELD(uint, blocks)         \
  FIELD(uint, algorithm)

// Joins partial moments. level: 1 / (epsilon + unbiased deviation) instead of 1 / sqrt(variance +
// epsilon).
#define MOMENTS_MERGE_ARGS(FIELD) \
  FIELD(uint, blocks)             \
  FIELD(uint, level)              \
  FIELD(float, epsilon)

// Values of NormArgs.after.
#define NORM_PLAIN 0
#define NORM_GELU 1
#define NORM_GLU_ADD 2
#define NORM_LEVEL 3

// Applies statistics to x [batch * rows, channels].
#define NORM_ARGS(FIELD)  \
  FIELD(uint, count)      \
  FIELD(uint, rows)       \
  FIELD(uint, channels)   \
  FIELD(uint, groups)     \
  FIELD(uint, after)

#define LAYER_NORM_ARGS(FIELD) \
  FIELD(uint, rows)            \
  FIELD(uint, channels)        \
  FIELD(uint, hasAddend)       \
  FIELD(float, epsilon)

// Strides and offsets in elements.
#define ATTENTION_ARGS(FIELD) \
  FIELD(uint, queries)        \
  FIELD(uint, keys)           \
  FIELD(uint, width)          \
  FIELD(uint, queryStride)    \
  FIELD(uint, keyStride)      \
  FIELD(uint, keyOffset)      \
  FIELD(uint, valueOffset)    \
  FIELD(uint, outStride)      \
  FIELD(float, scale)

// out = a + b over count elements.
#define ADD_ARGS(FIELD) FIELD(uint, count)

// Transforms of size complex points, twiddleStride = table size / size.
#define FFT_ARGS(FIELD)       \
  FIELD(uint, size)           \
  FIELD(uint, batch)          \
  FIELD(uint, twiddleStride)  \
  FIELD(uint, inverse)        \
  FIELD(uint, block)          \
  FIELD(float, scale)

// One-sided spectra of real frames. Signal s of sample n lies at n * sampleStride + s; reflected
// about its ends, zeros first where it is too short, as demucs pads.
#define STFT_ARGS(FIELD)       \
  FIELD(uint, size)            \
  FIELD(uint, hop)             \
  FIELD(uint, frames)          \
  FIELD(uint, signals)         \
  FIELD(uint, samples)         \
  FIELD(uint, sampleStride)    \
  FIELD(uint, left)            \
  FIELD(uint, zerosLeft)       \
  FIELD(uint, zerosRight)      \
  FIELD(uint, bins)            \
  FIELD(uint, binStride)       \
  FIELD(uint, frameStride)     \
  FIELD(uint, signalStride)    \
  FIELD(uint, twiddleStride)

// Windowed frames [signal][frame][size] of spectra; bins beyond `bins` are zero.
#define ISTFT_ARGS(FIELD)      \
  FIELD(uint, size)            \
  FIELD(uint, frames)          \
  FIELD(uint, signals)         \
  FIELD(uint, bins)            \
  FIELD(uint, binStride)       \
  FIELD(uint, frameStride)     \
  FIELD(uint, signalStride)    \
  FIELD(uint, twiddleStride)   \
  FIELD(uint, hasLevel)

// out[(s / channels * samples + n) * channels + s % channels] = overlapped frames, plus the other
// branch at its own level where there is one.
#define OVERLAP_ADD_ARGS(FIELD) \
  FIELD(uint, size)             \
  FIELD(uint, hop)              \
  FIELD(uint, frames)           \
  FIELD(uint, signals)          \
  FIELD(uint, channels)         \
  FIELD(uint, samples)          \
  FIELD(uint, lead)             \
  FIELD(uint, hasFrames)        \
  FIELD(uint, hasBranch)

// out[block, bin] = sum over sources and partitions of an input's window times a response's partition: see complex_mac.comp.
#define COMPLEX_MAC_ARGS(FIELD)  \
  FIELD(uint, bins)              \
  FIELD(uint, partitions)        \
  FIELD(uint, blocks)            \
  FIELD(uint, sources)           \
  FIELD(uint, inputByOutput)     \
  FIELD(uint, inputBySource)     \
  FIELD(uint, responseByOutput)  \
  FIELD(uint, responseBySource)

// Blocks of overlap-save, and windows of two of them each.
#define OVERLAP_ARGS(FIELD) \
  FIELD(uint, block)        \
  FIELD(uint, windows)

// Values of RecurrentArgs.cell.
#define RECURRENT_LSTM 0
#define RECURRENT_GRU 1
#define RECURRENT_MOST_UNITS 1024

// Strides in elements.
#define RECURRENT_ARGS(FIELD)  \
  FIELD(uint, steps)           \
  FIELD(uint, units)           \
  FIELD(uint, weightStride)    \
  FIELD(uint, gateStride)      \
  FIELD(uint, outStride)       \
  FIELD(uint, outOffset)       \
  FIELD(uint, backward)        \
  FIELD(uint, cell)

#endif
