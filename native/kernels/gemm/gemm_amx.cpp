#define STEMWRIGHT_SIMD_AVX512
#define STEMWRIGHT_SIMD_NAMESPACE amx
#define STEMWRIGHT_BF16_DEPTH 32
#include "kernels/gemm/gemm_bf16_impl.h"
#include "kernels/gemm/gemm_epilogue.h"

namespace stemwright::kernels {
namespace amx {

/// Columns of a panel.
constexpr std::size_t kPanel = 2 * kLanes;

/// Two tiles of rows by two of columns, of 16 x 16 sums each.
constexpr std::size_t kTile = 16;
constexpr std::size_t kTileRows = 2 * kTile;
constexpr std::size_t kRowBytes = 64;

/// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, LDTILECFG.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t startRow = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t columnBytes[16] = {};
  std::uint8_t rows[16] = {};
};

/// Tiles 0 to 3 hold sums, 4 and 5 rows of A, 6 and 7 columns of the panel.
void configure(std::size_t rows) {
  const auto upper = static_cast<std::uint8_t>(rows < kTile ? rows : kTile);
  const auto lower = static_cast<std::uint8_t>(rows > kTile ? rows - kTile : 1);
  TileConfig config;
  for (int tile = 0; tile < 8; ++tile) config.columnBytes[tile] = kRowBytes;
  config.rows[0] = config.rows[1] = config.rows[4] = upper;
  config.rows[2] = config.rows[3] = config.rows[5] = lower;
  config.rows[6] = config.rows[7] = kTile;
  // GCC's intrinsic tells the compiler of the first eight bytes only, which then drops the others.
  __asm__ volatile("ldtilecfg %0" : : "m"(config));
}

struct HalfTile {
  const GemmCall* call;
  const RoundedRows* rounded;
  const float* panel;
  std::size_t row;  ///< first, counted from the rounded ones
  std::size_t rows;
};

template <bool kTwo>
STEMWRIGHT_INLINE void multiplyRowsOf(const HalfTile& tile, float* sums) {
  const GemmCall& call = *tile.call;
  const std::size_t depth = paddedDepth(*call.weights);
  const auto stride = static_cast<long>(tile.rounded->stride * sizeof(std::uint16_t));
  constexpr long kPanelBytes = kPanel * sizeof(float);
  _tile_zero(0);
  _tile_zero(1);
  if constexpr (kTwo) {
    _tile_zero(2);
    _tile_zero(3);
  }
  for (std::size_t t = 0; t < call.tapCount; ++t) {
    const std::uint16_t* a = tile.rounded->taps[t] + tile.row * tile.rounded->stride;
    const float* b = tile.panel + call.taps[t].index * depth * kLanes;
    for (std::size_t k = 0; k < depth; k += kDepthStep) {
      _tile_loadd(6, b, kPanelBytes);
      _tile_loadd(7, b + kLanes, kPanelBytes);
      _tile_loadd(4, a + k, stride);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      if constexpr (kTwo) {
        _tile_loadd(5, a + kTile * tile.rounded->stride + k, stride);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
      }
      b += kDepthStep / 2 * kPanel;
    }
  }
  _tile_stored(0, sums, kPanelBytes);
  _tile_stored(1, sums + kLanes, kPanelBytes);
  if constexpr (kTwo) {
    _tile_stored(2, sums + kTile * kPanel, kPanelBytes);
    _tile_stored(3, sums + kTile * kPanel + kLanes, kPanelBytes);
  }
}

STEMWRIGHT_INLINE void multiplyTile(const HalfTile& tile, float* sums) {
  if (tile.rows > kTile) {
    multiplyRowsOf<true>(tile, sums);
  } else {
    multiplyRowsOf<false>(tile, sums);
  }
}

/// @param offset of the panel's columns in what is packed as the bias is
void finishTile(const GemmCall& call, const float* sums, std::size_t offset, std::size_t row,
                std::size_t rows, std::size_t column) {
  const float* bias = (call.bias == nullptr ? call.weights->bias : call.bias) + offset;
  const V bias0 = load(bias);
  const V bias1 = load(bias + kLanes);
  const V gain0 = call.gain == nullptr ? set1(1.0f) : load(call.gain + offset);
  const V gain1 = call.gain == nullptr ? set1(1.0f) : load(call.gain + offset + kLanes);
  const bool hasSecond = column + kLanes < call.weights->outCols;
  for (std::size_t i = 0; i < rows; ++i) {
    const V value0 = fma(load(sums + i * kPanel), gain0, bias0);
    const V value1 = fma(load(sums + i * kPanel + kLanes), gain1, bias1);
    if (call.activation == Activation::kGlu) {
      write(call, value0 * sigmoid(value1), row + i, column);
      continue;
    }
    const bool activate = call.activation == Activation::kGelu;
    write(call, activate ? gelu(value0) : value0, row + i, column);
    if (hasSecond) write(call, activate ? gelu(value1) : value1, row + i, column + kLanes);
  }
}

template <std::size_t kTileRows>
void multiplyRounded(const GemmCall& call, const RoundedRows& rounded, std::size_t first,
                     std::size_t begin, std::size_t end) {
  const PackedGemm& weights = *call.weights;
  const std::size_t columns = weights.glu ? kLanes : kPanel;
  const std::size_t panelSize = weights.taps * paddedDepth(weights) * kLanes;
  alignas(64) float sums[kTileRows * kPanel];
  const float* panel = weights.panels;
  std::size_t offset = 0;
  for (std::size_t column = 0; column < weights.outCols; column += columns) {
    for (std::size_t row = begin; row < end; row += kTileRows) {
      const std::size_t rows = end - row < kTileRows ? end - row : kTileRows;
      multiplyTile({&call, &rounded, panel, row, rows}, sums);
      finishTile(call, sums, offset, first + row, rows, column);
    }
    panel += panelSize;
    offset += kPanel;
  }
}

void run(const GemmCall& call) {
  forRoundedRows<kTileRows>(call,
                            [&](const RoundedRows& rounded, std::size_t first, std::size_t count) {
                              const std::size_t whole = count / kTileRows * kTileRows;
                              if (whole != 0) {
                                configure(kTileRows);
                                multiplyRounded<kTileRows>(call, rounded, first, 0, whole);
                              }
                              if (whole != count) {
                                configure(count - whole);
                                multiplyRounded<kTileRows>(call, rounded, first, whole, count);
                              }
                            });
  _tile_release();
}

double saturate(std::size_t rounds) {
  configure(kTileRows);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (std::size_t round = 0; round < rounds; ++round) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
  return 2.0 * static_cast<double>(rounds) * kTileRows * 2 * kTile * kDepthStep;
}

}  // namespace amx

const GemmKernels gemmAmx{amx::kLanes, amx::kTileRows, true,          amx::kDepthStep, false,
                          amx::run,    amx::saturate,  amx::roundAll, amx::roundPairs};

}  // namespace stemwright::kernels
