#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "gpu/device.h"
#include "gpu/shader_args.h"

namespace stemwright::gpu {

/// How activations and weights lie in memory; sums, statistics and transforms are float anyway.
enum class Storage { kFloat, kHalf };

constexpr std::size_t bytesOf(Storage storage) {
  return storage == Storage::kHalf ? 2 : 4;
}

enum class Activation : std::uint32_t {
  kNone = ACTIVATION_NONE,
  kGelu = ACTIVATION_GELU,
  kGlu = ACTIVATION_GLU,
};

enum class MomentsAlgorithm : std::uint32_t {
  kStandard = MOMENTS_STANDARD,
  kKahan = MOMENTS_KAHAN,
  kWelford = MOMENTS_WELFORD,
};

/// The whole of a buffer.
Binding whole(std::shared_ptr<Buffer> buffer);

/// Values on the device. @param storage how they are stored there
core::Result<Binding> uploadValues(Device& device, std::span<const float> values, Storage storage);

/// A weight as [depth, columns], columns padded to 4, and its bias. With GLU, values and gates
/// alternate: column 2 c is value c, 2 c + 1 its gate.
struct Weight {
  Binding values;
  Binding bias;
  std::uint32_t depth = 0;
  std::uint32_t columns = 0;
  std::uint32_t stride = 0;
  float matrixScale =
      1;  ///< a power of two that brings the largest to 2^13 or near: see gemm_matrix
};

/// @param at   weight of (k, column) @param bias of a column
core::Result<Weight> uploadWeight(Device& device, Storage storage, std::size_t depth,
                                  std::size_t columns,
                                  const std::function<float(std::size_t, std::size_t)>& at,
                                  const std::function<float(std::size_t)>& bias);

/// A convolution over [height, width, channels], or a transposed one along the height as `phases`
/// products at once.
struct ConvCall {
  std::string label{};
  Binding x{};  ///< [inHeight, inWidth, inChannels]
  const Weight* weight = nullptr;
  std::size_t inChannels = 1;
  std::size_t inHeight = 1;
  std::size_t inWidth = 1;
  std::size_t outHeight = 1;  ///< positions computed; of a transposed one before the phases
  std::size_t outWidth = 1;
  std::size_t kernelHeight = 1;
  std::size_t kernelWidth = 1;
  std::size_t strideHeight = 1;
  std::size_t strideWidth = 1;
  std::size_t dilationHeight = 1;
  std::size_t dilationWidth = 1;
  std::size_t paddingHeight = 0;
  std::size_t paddingWidth = 0;
  std::size_t phases = 1;
  std::size_t crop = 0;      ///< rows of the transposed result before the first one kept
  std::size_t keptRows = 0;  ///< rows that are stored; 0: all
  Activation activation = Activation::kNone;
  Binding scale{};     ///< a channel, applied after the activation; may be empty
  Binding residual{};  ///< added last, laid out as y unless strides say otherwise; may be empty
  bool isRowResidual = false;  ///< the residual is [rows, channels], the same for a row's columns
  Binding y{};
};

struct AttentionCall {
  std::string label;
  Binding query;   ///< [queries, queryStride]
  Binding memory;  ///< [keys, keyStride], keys and values at their offsets
  Binding y;       ///< [queries, heads * width]
  std::size_t queries = 1;
  std::size_t keys = 1;
  std::size_t heads = 1;
  std::size_t width = 4;  ///< channels of a head: a multiple of 4, at most kMostHeadWidth
  std::size_t queryStride = 0;
  std::size_t keyStride = 0;
  std::size_t keyOffset = 0;
  std::size_t valueOffset = 0;
};
inline constexpr std::size_t kMostHeadWidth = 64;

/// Statistics of x [batch][rows, channels] by groups of channels: (mean, factor, deviation) each.
struct MomentsCall {
  std::string label;
  Binding x;
  Binding parts;  ///< scratch: momentsBlocks() * batch * groups * 16 bytes
  Binding stats;  ///< batch * groups * 16 bytes
  std::size_t batch = 1;
  std::size_t rows = 1;
  std::size_t channels = 1;
  std::size_t groups = 1;
  MomentsAlgorithm algorithm = MomentsAlgorithm::kWelford;
  bool isLevel = false;  ///< factor = 1 / (epsilon + unbiased deviation), as a signal's level
  bool isFloat = false;  ///< x is float whatever the storage
};
std::size_t momentsBlocks(std::size_t rows, std::size_t channels, std::size_t groups);

struct NormCall {
  std::string label;
  Binding x;  ///< [batch * rows, channels]
  Binding stats;
  Binding weight{}, bias{};  ///< [channels]; empty for a level
  Binding scale{};           ///< [channels / 2], of the gated sum
  Binding y{};
  std::size_t batch = 1;
  std::size_t rows = 1;
  std::size_t channels = 1;
  std::size_t groups = 1;
  std::uint32_t after = NORM_PLAIN;
  bool isFloat = false;
};

/// Makes dispatches for one device and storage. [thread-safe: const]
class Ops {
 public:
  Ops(const Device& device, Storage storage) : device_(&device), storage_(storage) {}

  Storage storage() const noexcept { return storage_; }

  Dispatch conv(const ConvCall& call) const;
  /// x [rows, inChannels] times the weight: a convolution of one tap.
  Dispatch linear(std::string label, Binding x, const Weight& weight, std::size_t rows,
                  Activation activation, Binding scale, Binding residual, Binding y) const;
  Dispatch attention(const AttentionCall& call) const;
  /// Two steps: parts, then their join.
  Recording moments(const MomentsCall& call) const;
  Dispatch norm(const NormCall& call) const;
  Dispatch layerNorm(std::string label, Binding x, Binding weight, Binding bias, Binding addend,
                     Binding y, std::size_t rows, std::size_t channels) const;
  Dispatch add(std::string label, Binding a, Binding b, Binding y, std::size_t count) const;

  Dispatch stft(std::string label, Binding x, Binding twiddles, Binding window, Binding y,
                const StftArgs& args) const;
  Dispatch istft(std::string label, Binding spectra, Binding twiddles, Binding window,
                 Binding stats, Binding y, const IstftArgs& args) const;
  Dispatch overlapAdd(std::string label, Binding frames, Binding branch, Binding stats, Binding y,
                      const OverlapAddArgs& args) const;
  /// Of a partitioned convolution, see shaders/complex_mac.comp.
  Dispatch complexMac(std::string label, Binding x, Binding response, Binding y,
                      std::size_t outputs, const ComplexMacArgs& args) const;
  /// x [signals, (windows + 1) * block] as complex windows of two blocks each.
  Dispatch overlapWindows(std::string label, Binding x, Binding y, std::size_t block,
                          std::size_t windows, std::size_t signals) const;
  /// The second halves of complex windows, y [signals, windows * block].
  Dispatch overlapBlocks(std::string label, Binding x, Binding y, std::size_t block,
                         std::size_t windows, std::size_t signals) const;
  /// A sequence through one direction of a recurrent layer, see shaders/recurrent.comp.
  Dispatch recurrent(std::string label, Binding gates, const Weight& hidden, Binding resetBias,
                     Binding hiddenState, Binding cellState, Binding y, std::size_t batch,
                     const RecurrentArgs& args) const;

 private:
  const Shader& shader(std::string name) const;
  Dispatch make(std::string label, const Shader& shader, std::vector<Binding> bindings) const;
  std::string gemmName(const ConvCall& call) const;

  const Device* device_;
  Storage storage_;
};

/// Transforms of `batch` signals of `size` complex points. Up to kLocalPoints in one dispatch.
class Fft {
 public:
  static constexpr std::size_t kLocalPoints = 2048;
  static constexpr std::size_t kMostPoints = 16384;

  /// @param size a power of two, at most kMostPoints
  static core::Result<Fft> create(Device& device, std::size_t size);

  std::size_t size() const noexcept { return size_; }
  Binding twiddles() const { return twiddles_; }
  /// The table's entries over this size: exp(-2 pi i k / size).
  std::uint32_t twiddleStride(std::size_t size) const {
    return static_cast<std::uint32_t>(size_ / size);
  }

  /// @param x, y     [batch, size] complex, apart
  /// @param scratch  as large as y; used past kLocalPoints, else may be empty
  Recording record(bool isInverse, float scale, std::size_t batch, Binding x, Binding y,
                   Binding scratch) const;

 private:
  Fft() = default;
  std::size_t size_ = 0;
  Binding twiddles_;
};

}  // namespace stemwright::gpu
