#include "gpu/ops.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/half.h"

namespace stemwright::gpu {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::size_t kPerBlock = 4096;  // elements whose moments one workgroup takes
constexpr std::size_t kMostBlocks = 4096;
constexpr std::size_t kMostGroups = 65535;  // of a dispatch along one axis, on every device
constexpr float kNormEpsilon = 1e-5f;

std::uint32_t u32(std::size_t value) {
  return static_cast<std::uint32_t>(value);
}

std::size_t blocksOf(std::size_t count, std::size_t block) {
  return (count + block - 1) / block;
}

bool isEmpty(const Binding& binding) {
  return binding.source == Binding::Source::kBuffer && !binding.buffer;
}

/// Workgroups of an elementwise kernel that strides over what is left.
std::uint32_t groupsFor(std::size_t count) {
  return u32(std::min<std::size_t>(blocksOf(count, 256), 8192));
}

/// Tiles of the product. `rate` is what share of the peak one reaches when the device is full.
struct Tile {
  const char* name;
  std::size_t rows;
  std::size_t columns;
  double rate;
};
constexpr Tile kTiles[] = {{"128x96", 128, 96, 1.0},
                           {"128x64", 128, 64, 0.95},
                           {"64x64", 64, 64, 0.8},
                           {"128x32", 128, 32, 0.6}};
/// Multiprocessors of a large device: a smaller one is full in any case.
constexpr std::size_t kResident = 132;

const Tile& bestTile(std::size_t rows, std::size_t columns) {
  const Tile* best = nullptr;
  double least = 0;
  for (const Tile& tile : kTiles) {
    const std::size_t count = blocksOf(rows, tile.rows) * blocksOf(columns, tile.columns);
    const std::size_t waves = blocksOf(count, kResident);
    const double cost = static_cast<double>(waves * tile.rows * tile.columns) / tile.rate;
    if (best == nullptr || cost < least) {
      best = &tile;
      least = cost;
    }
  }
  return *best;
}

/// Far from where halves end, and from where they lose bits.
float scaleFor(float largest) {
  if (!(largest > 0)) return 1;
  return std::ldexp(1.0f, std::clamp(13 - std::ilogb(largest), -60, 60));
}

}  // namespace

Binding whole(std::shared_ptr<Buffer> buffer) {
  Binding binding;
  binding.bytes = buffer->bytes();
  binding.buffer = std::move(buffer);
  return binding;
}

core::Result<Binding> uploadValues(Device& device, std::span<const float> values, Storage storage) {
  auto buffer = device.allocate(std::max<std::size_t>(1, values.size()) * bytesOf(storage));
  if (!buffer.ok()) return buffer.error();
  if (storage == Storage::kFloat) {
    STEMWRIGHT_TRY(device.upload(*buffer.value(), 0, std::as_bytes(values)));
  } else {
    std::vector<std::uint16_t> halves(values.size());
    std::transform(values.begin(), values.end(), halves.begin(), core::floatToHalf);
    STEMWRIGHT_TRY(device.upload(*buffer.value(), 0, std::as_bytes(std::span(halves))));
  }
  return whole(std::move(buffer).value());
}

core::Result<Weight> uploadWeight(Device& device, Storage storage, std::size_t depth,
                                  std::size_t columns,
                                  const std::function<float(std::size_t, std::size_t)>& at,
                                  const std::function<float(std::size_t)>& bias) {
  const std::size_t stride = blocksOf(columns, 8) * 8;
  std::vector<float> values(depth * stride, 0.0f);
  std::vector<float> shifts(stride, 0.0f);
  float largest = 0;
  for (std::size_t column = 0; column < columns; ++column) {
    shifts[column] = bias(column);
    for (std::size_t k = 0; k < depth; ++k) {
      values[k * stride + column] = at(k, column);
      largest = std::max(largest, std::fabs(values[k * stride + column]));
    }
  }
  auto stored = uploadValues(device, values, storage);
  if (!stored.ok()) return stored.error();
  auto storedBias = uploadValues(device, shifts, Storage::kFloat);
  if (!storedBias.ok()) return storedBias.error();
  return Weight{std::move(stored).value(),
                std::move(storedBias).value(),
                u32(depth),
                u32(columns),
                u32(stride),
                scaleFor(largest)};
}

const Shader& Ops::shader(std::string name) const {
  const Shader* found = findShader(name);
  if (found == nullptr) found = findShader(name + (storage_ == Storage::kHalf ? "_f16" : "_f32"));
  assert(found != nullptr);
  return *found;
}

Dispatch Ops::make(std::string label, const Shader& shader, std::vector<Binding> bindings) const {
  assert(bindings.size() == shader.buffers);
  Dispatch dispatch;
  dispatch.label = std::move(label);
  dispatch.shader = &shader;
  dispatch.bindings = std::move(bindings);
  return dispatch;
}

std::string Ops::gemmName(const ConvCall& call) const {
  const std::size_t rows = call.outHeight * call.outWidth;
  const std::size_t columns = call.weight->columns;
  const bool isScalar = call.inChannels % 4 != 0;
  if (device_->supports(shader("gemm_matrix_64x64"))) {
    return isScalar ? "gemm_matrix_scalar_64x64" : "gemm_matrix_64x64";
  }
  if (!isScalar) return std::string("gemm_") + bestTile(rows, columns).name;
  return columns <= 32 ? "gemm_scalar_128x32" : "gemm_scalar_128x64";
}

Dispatch Ops::conv(const ConvCall& call) const {
  const Weight& weight = *call.weight;
  const bool isGlu = call.activation == Activation::kGlu;
  const std::size_t stored = (isGlu ? weight.columns / 2 : weight.columns) / call.phases;
  const std::string name = gemmName(call);
  GemmArgs args;
  args.rows = u32(call.outHeight * call.outWidth);
  args.columns = weight.columns;
  args.depth = weight.depth;
  args.weightStride = weight.stride;
  args.inChannels = u32(call.inChannels);
  args.inHeight = u32(call.inHeight);
  args.inWidth = u32(call.inWidth);
  args.outWidth = u32(call.outWidth);
  args.kernelWidth = u32(call.kernelWidth);
  args.strideHeight = u32(call.strideHeight);
  args.strideWidth = u32(call.strideWidth);
  args.dilationHeight = u32(call.dilationHeight);
  args.dilationWidth = u32(call.dilationWidth);
  args.paddingHeight = u32(call.paddingHeight);
  args.paddingWidth = u32(call.paddingWidth);
  args.phases = u32(call.phases);
  args.phaseColumns = u32(stored);
  args.crop = u32(call.crop);
  args.outRows = u32(call.keptRows != 0 ? call.keptRows : call.outHeight * call.phases);
  args.outRowStride = u32(call.outWidth * stored);
  args.outColumnStride = u32(stored);
  args.residualRowStride = call.isRowResidual ? u32(stored) : args.outRowStride;
  args.residualColumnStride = call.isRowResidual ? 0 : args.outColumnStride;
  args.activation = static_cast<std::uint32_t>(call.activation);
  args.hasScale = isEmpty(call.scale) ? 0 : 1;
  args.hasResidual = isEmpty(call.residual) ? 0 : 1;
  args.pairs = stored % 2 == 0 ? 1 : 0;
  args.weightScale = weight.matrixScale;
  assert(weight.depth == call.kernelHeight * call.kernelWidth * call.inChannels);

  Dispatch dispatch = make(call.label, shader(name),
                           {call.x, weight.values, weight.bias, call.scale, call.residual,
                            call.residual, call.y, call.y});
  dispatch.setArgs(args);
  const std::string tile = name.substr(name.rfind('_') + 1);
  const std::size_t x = tile.find('x');
  dispatch.groups = {u32(blocksOf(args.rows, std::stoul(tile.substr(0, x)))),
                     u32(blocksOf(args.columns, std::stoul(tile.substr(x + 1)))), 1};
  const double rows = args.rows;
  dispatch.operations = 2.0 * rows * weight.columns * weight.depth;
  const double outputs = rows * static_cast<double>(stored * call.phases);
  dispatch.bytes = static_cast<double>(bytesOf(storage_)) *
                   (static_cast<double>(call.inHeight * call.inWidth * call.inChannels) +
                    static_cast<double>(weight.depth) * weight.columns +
                    outputs * (args.hasResidual != 0 && !call.isRowResidual ? 2 : 1));
  return dispatch;
}

Dispatch Ops::linear(std::string label, Binding x, const Weight& weight, std::size_t rows,
                     Activation activation, Binding scale, Binding residual, Binding y) const {
  return conv({.label = std::move(label),
               .x = std::move(x),
               .weight = &weight,
               .inChannels = weight.depth,
               .inHeight = rows,
               .outHeight = rows,
               .activation = activation,
               .scale = std::move(scale),
               .residual = std::move(residual),
               .y = std::move(y)});
}

Dispatch Ops::attention(const AttentionCall& call) const {
  assert(call.width % 4 == 0 && call.width <= kMostHeadWidth);
  const Shader* best = &shader("attention");
  for (const char* const faster : {"attention_subgroup", "attention_matrix"}) {
    if (device_->supports(shader(faster))) best = &shader(faster);
  }
  AttentionArgs args;
  args.queries = u32(call.queries);
  args.keys = u32(call.keys);
  args.width = u32(call.width);
  args.queryStride = u32(call.queryStride);
  args.keyStride = u32(call.keyStride);
  args.keyOffset = u32(call.keyOffset);
  args.valueOffset = u32(call.valueOffset);
  args.outStride = u32(call.heads * call.width);
  args.scale = 1.0f / std::sqrt(static_cast<float>(call.width));
  Dispatch dispatch = make(call.label, *best, {call.query, call.memory, call.y});
  dispatch.setArgs(args);
  dispatch.groups = {u32(blocksOf(call.queries, 64)), u32(call.heads), 1};
  const double dim = static_cast<double>(call.heads * call.width);
  dispatch.operations =
      4.0 * static_cast<double>(call.queries) * static_cast<double>(call.keys) * dim;
  dispatch.bytes = static_cast<double>(bytesOf(storage_)) * 2 * dim *
                   static_cast<double>(call.queries + call.keys);
  return dispatch;
}

std::size_t momentsBlocks(std::size_t rows, std::size_t channels, std::size_t groups) {
  return std::clamp<std::size_t>(blocksOf(rows * (channels / groups), kPerBlock), 1, kMostBlocks);
}

Recording Ops::moments(const MomentsCall& call) const {
  const std::size_t blocks = momentsBlocks(call.rows, call.channels, call.groups);
  MomentsArgs args;
  args.rows = u32(call.rows);
  args.channels = u32(call.channels);
  args.groups = u32(call.groups);
  args.blocks = u32(blocks);
  args.algorithm = static_cast<std::uint32_t>(call.algorithm);
  Dispatch parts =
      make(call.label, shader(call.isFloat ? "moments_f32" : "moments"), {call.x, call.parts});
  parts.setArgs(args);
  parts.groups = {u32(blocks), u32(call.groups), u32(call.batch)};
  parts.bytes = static_cast<double>(call.isFloat ? 4 : bytesOf(storage_)) *
                static_cast<double>(call.batch * call.rows * call.channels);
  MomentsMergeArgs merge;
  merge.blocks = u32(blocks);
  merge.level = call.isLevel ? 1 : 0;
  merge.epsilon = kNormEpsilon;
  Dispatch join = make(call.label + " (join)", shader("moments_merge"), {call.parts, call.stats});
  join.setArgs(merge);
  join.groups = {u32(call.batch * call.groups), 1, 1};
  Recording recording;
  recording.add(std::move(parts));
  recording.add(std::move(join));
  return recording;
}

Dispatch Ops::norm(const NormCall& call) const {
  NormArgs args;
  const std::size_t outputs = call.after == NORM_GLU_ADD ? call.channels / 2 : call.channels;
  args.count = u32(call.batch * call.rows * outputs);
  args.rows = u32(call.rows);
  args.channels = u32(call.channels);
  args.groups = u32(call.groups);
  args.after = call.after;
  const bool isRaw = call.isFloat && storage_ == Storage::kHalf;
  Dispatch dispatch = make(call.label, shader(isRaw ? "norm_raw_f16" : "norm"),
                           {call.x, call.stats, call.weight, call.bias, call.scale, call.y});
  dispatch.setArgs(args);
  dispatch.groups = {groupsFor(args.count), 1, 1};
  dispatch.bytes = static_cast<double>(bytesOf(storage_)) * args.count *
                   (call.after == NORM_GLU_ADD ? 4.0 : 2.0);
  return dispatch;
}

Dispatch Ops::layerNorm(std::string label, Binding x, Binding weight, Binding bias, Binding addend,
                        Binding y, std::size_t rows, std::size_t channels) const {
  LayerNormArgs args;
  args.rows = u32(rows);
  args.channels = u32(channels);
  args.hasAddend = isEmpty(addend) ? 0 : 1;
  args.epsilon = kNormEpsilon;
  Dispatch dispatch =
      make(std::move(label), shader("layer_norm"),
           {std::move(x), std::move(weight), std::move(bias), std::move(addend), std::move(y)});
  dispatch.setArgs(args);
  dispatch.groups = {u32(std::min(rows, kMostGroups)), u32(blocksOf(rows, kMostGroups)), 1};
  dispatch.bytes = 2.0 * static_cast<double>(bytesOf(storage_) * rows * channels);
  return dispatch;
}

Dispatch Ops::add(std::string label, Binding a, Binding b, Binding y, std::size_t count) const {
  AddArgs args;
  args.count = u32(count);
  Dispatch dispatch =
      make(std::move(label), shader("add"), {std::move(a), std::move(b), std::move(y)});
  dispatch.setArgs(args);
  dispatch.groups = {groupsFor(count), 1, 1};
  dispatch.bytes = 3.0 * static_cast<double>(bytesOf(storage_) * count);
  return dispatch;
}

Dispatch Ops::stft(std::string label, Binding x, Binding twiddles, Binding window, Binding y,
                   const StftArgs& args) const {
  Dispatch dispatch = make(std::move(label), shader("stft"),
                           {std::move(x), std::move(twiddles), std::move(window), std::move(y)});
  dispatch.setArgs(args);
  dispatch.groups = {args.frames, args.signals, 1};
  const double transforms = static_cast<double>(args.frames) * args.signals;
  dispatch.bytes = transforms * (4.0 * args.hop + 8.0 * args.bins);
  dispatch.operations = transforms * 2.5 * args.size * std::log2(static_cast<double>(args.size));
  return dispatch;
}

Dispatch Ops::istft(std::string label, Binding spectra, Binding twiddles, Binding window,
                    Binding stats, Binding y, const IstftArgs& args) const {
  Dispatch dispatch = make(
      std::move(label), shader("istft"),
      {std::move(spectra), std::move(twiddles), std::move(window), std::move(stats), std::move(y)});
  dispatch.setArgs(args);
  dispatch.groups = {args.frames, args.signals, 1};
  const double transforms = static_cast<double>(args.frames) * args.signals;
  dispatch.bytes =
      transforms * (4.0 * args.size + 2.0 * static_cast<double>(bytesOf(storage_)) * args.bins);
  dispatch.operations = transforms * 2.5 * args.size * std::log2(static_cast<double>(args.size));
  return dispatch;
}

Dispatch Ops::overlapAdd(std::string label, Binding frames, Binding branch, Binding stats,
                         Binding y, const OverlapAddArgs& args) const {
  Dispatch dispatch = make(std::move(label), shader("overlap_add"),
                           {std::move(frames), std::move(branch), std::move(stats), std::move(y)});
  dispatch.setArgs(args);
  const std::size_t count = std::size_t{args.samples} * args.signals;
  dispatch.groups = {groupsFor(count), 1, 1};
  dispatch.bytes = static_cast<double>(count) * 4.0 *
                   (1.0 + (args.hasBranch != 0 ? 1.0 : 0.0) +
                    (args.hasFrames != 0 ? static_cast<double>(args.size) / args.hop : 0.0));
  return dispatch;
}

Dispatch Ops::complexMac(std::string label, Binding x, Binding response, Binding y,
                         std::size_t outputs, const ComplexMacArgs& args) const {
  Dispatch dispatch = make(std::move(label), shader("complex_mac"),
                           {std::move(x), std::move(response), std::move(y)});
  dispatch.setArgs(args);
  dispatch.groups = {u32(blocksOf(args.bins, 256)), args.blocks, u32(outputs)};
  const double products = static_cast<double>(args.bins) * args.partitions * args.blocks *
                          args.sources * static_cast<double>(outputs);
  dispatch.operations = 8.0 * products;
  dispatch.bytes = 16.0 * products;
  return dispatch;
}

Dispatch Ops::overlapWindows(std::string label, Binding x, Binding y, std::size_t block,
                             std::size_t windows, std::size_t signals) const {
  OverlapArgs args{u32(block), u32(windows)};
  Dispatch dispatch =
      make(std::move(label), shader("overlap_windows"), {std::move(x), std::move(y)});
  dispatch.setArgs(args);
  dispatch.groups = {u32(blocksOf(2 * block, 256)), u32(windows), u32(signals)};
  dispatch.bytes = 20.0 * static_cast<double>(block * windows * signals);
  return dispatch;
}

Dispatch Ops::overlapBlocks(std::string label, Binding x, Binding y, std::size_t block,
                            std::size_t windows, std::size_t signals) const {
  OverlapArgs args{u32(block), u32(windows)};
  Dispatch dispatch =
      make(std::move(label), shader("overlap_blocks"), {std::move(x), std::move(y)});
  dispatch.setArgs(args);
  dispatch.groups = {u32(blocksOf(block, 256)), u32(windows), u32(signals)};
  dispatch.bytes = 12.0 * static_cast<double>(block * windows * signals);
  return dispatch;
}

Dispatch Ops::recurrent(std::string label, Binding gates, const Weight& hidden, Binding resetBias,
                        Binding hiddenState, Binding cellState, Binding y, std::size_t batch,
                        const RecurrentArgs& args) const {
  Dispatch dispatch = make(std::move(label), shader("recurrent"),
                           {std::move(gates), hidden.values, std::move(resetBias),
                            std::move(hiddenState), std::move(cellState), std::move(y)});
  dispatch.setArgs(args);
  dispatch.groups = {u32(batch), 1, 1};
  const double products = static_cast<double>(args.gateStride) * args.units * args.steps;
  dispatch.operations = 2.0 * products * static_cast<double>(batch);
  dispatch.bytes = static_cast<double>(bytesOf(storage_)) * products * static_cast<double>(batch);
  return dispatch;
}

core::Result<Fft> Fft::create(Device& device, std::size_t size) {
  if (size == 0 || size > kMostPoints || (size & (size - 1)) != 0) {
    return Error{ErrorCode::kInvalidArgument,
                 "a transform of " + std::to_string(size) + " points on the graphics processor"};
  }
  std::vector<float> table(2 * size);
  for (std::size_t k = 0; k < size; ++k) {
    const double phase =
        -2.0 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(size);
    table[2 * k] = static_cast<float>(std::cos(phase));
    table[2 * k + 1] = static_cast<float>(std::sin(phase));
  }
  auto twiddles = uploadValues(device, table, Storage::kFloat);
  if (!twiddles.ok()) return twiddles.error();
  Fft fft;
  fft.size_ = size;
  fft.twiddles_ = std::move(twiddles).value();
  return fft;
}

Recording Fft::record(bool isInverse, float scale, std::size_t batch, Binding x, Binding y,
                      Binding scratch) const {
  FftArgs args;
  args.size = u32(size_);
  args.batch = u32(batch);
  args.twiddleStride = 1;
  args.inverse = isInverse ? 1 : 0;
  args.scale = scale;
  const double points = static_cast<double>(batch * size_);
  Recording recording;
  const auto add = [&](const char* name, const Binding& from, const Binding& to,
                       std::array<std::uint32_t, 3> groups) {
    Dispatch dispatch;
    dispatch.label = "fft";
    dispatch.shader = findShader(name);
    dispatch.bindings = {from, twiddles_, to};
    dispatch.setArgs(args);
    dispatch.groups = groups;
    dispatch.bytes = 16.0 * points;
    recording.add(std::move(dispatch));
  };
  if (size_ <= kLocalPoints) {
    add("fft", x, y, {u32(batch), 1, 1});
    return recording;
  }
  std::vector<std::size_t> radices;
  for (std::size_t done = 1; done < size_; done *= radices.back()) {
    radices.push_back(done * 4 <= size_ ? 4 : 2);
  }
  args.scale = 1.0f;
  args.block = 1;
  Binding from = std::move(x);
  for (std::size_t pass = 0; pass < radices.size(); ++pass) {
    const bool isLast = pass + 1 == radices.size();
    if (isLast) args.scale = scale;
    const Binding& to = (radices.size() - pass) % 2 == 1 ? y : scratch;  // the last one writes y
    const std::size_t radix = radices[pass];
    add(radix == 4 ? "fft_pass_4" : "fft_pass_2", from, to,
        {u32(blocksOf(size_ / radix, 256)), u32(batch), 1});
    args.block *= u32(radix);
    from = to;
  }
  return recording;
}

}  // namespace stemwright::gpu
