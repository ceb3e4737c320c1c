#include "nn/network.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "nn/conv1d.h"
#include "nn/linear.h"

namespace stemwright::nn {
namespace {

using kernels::Activation;

core::Error invalid(std::string message) {
  return {core::ErrorCode::kInvalidArgument, std::move(message)};
}

core::Error unfit(std::string message) {
  return {core::ErrorCode::kModel, std::move(message)};
}

core::Status checkChannels(std::string_view kind, SequenceShape input, std::size_t expected) {
  if (input.channels == expected) return core::okStatus();
  return invalid(std::string(kind) + ": takes " + std::to_string(expected) + " channels, not " +
                 std::to_string(input.channels));
}

core::Status checkValues(std::string_view what, std::span<const float> values, std::size_t expected,
                         bool mayBeEmpty = false) {
  if (values.size() != expected && !(mayBeEmpty && values.empty())) {
    return unfit(std::string(what) + " has " + std::to_string(values.size()) + " values, not " +
                 std::to_string(expected));
  }
  const bool isFinite =
      std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
  return isFinite ? core::okStatus()
                  : unfit(std::string(what) + " holds values that are no numbers");
}

/// Whether 16 bits can hold the weights.
core::Status checkRange(std::string_view what, std::span<const float> values, WeightType type) {
  return fits(values, type) ? core::okStatus()
                            : unfit(std::string(what) + " holds values too large for 16 bits");
}

const float* orNull(std::span<const float> values) {
  return values.empty() ? nullptr : values.data();
}

class LinearLayer final : public Layer {
 public:
  LinearLayer(const kernels::Kernels& kernels, const LinearSpec& spec, Activation activation)
      : linear_(kernels, spec.in, spec.out, spec.weight.data(), orNull(spec.bias), activation) {}

  std::string_view kind() const noexcept override { return "linear"; }
  core::Result<SequenceShape> outputFor(SequenceShape input) const override {
    STEMWRIGHT_TRY(checkChannels(kind(), input, linear_.in()));
    return SequenceShape{input.steps, linear_.out()};
  }
  std::size_t weightBytes() const noexcept override { return linear_.bytes(); }
  void process(const float* x, SequenceShape input, float* out, float*,
               core::ThreadPool& pool) override {
    linear_.forward(x, input.steps, out, pool);
  }

 private:
  Linear linear_;
};

class Conv1dLayer : public Layer {
 public:
  Conv1dLayer(const kernels::Kernels& kernels, const Conv1dSpec& spec, Activation activation)
      : conv_(kernels,
              {.in = spec.in,
               .out = spec.out,
               .kernelWidth = spec.kernel,
               .strideWidth = spec.stride,
               .dilationWidth = spec.dilation,
               .paddingWidth = spec.padding},
              activation, spec.weight.data(), orNull(spec.bias), spec.type) {}

  std::string_view kind() const noexcept override { return "conv1d"; }
  core::Result<SequenceShape> outputFor(SequenceShape input) const override {
    STEMWRIGHT_TRY(checkChannels(kind(), input, conv_.shape().in));
    const std::size_t steps = conv_.shape().outWidth(input.steps);
    if (steps == 0) return invalid("conv1d: the input is shorter than the kernel");
    return SequenceShape{steps, conv_.outChannels()};
  }
  std::size_t scratchFor(SequenceShape) const noexcept override { return conv_.scratchSize(); }
  std::size_t weightBytes() const noexcept override { return conv_.bytes(); }
  void process(const float* x, SequenceShape input, float* out, float* scratch,
               core::ThreadPool& pool) override {
    conv_.forward(x, input.steps, out, pool, scratch);
  }

 protected:
  /// Steps before the one at hand that a result depends on.
  std::size_t reach() const noexcept {
    return conv_.shape().dilationWidth * (conv_.shape().kernelWidth - 1);
  }

 private:
  Conv1d conv_;
};

/// A linear layer whose weights are in 16 bits: a convolution of one tap.
class NarrowLinearLayer final : public Conv1dLayer {
 public:
  NarrowLinearLayer(const kernels::Kernels& kernels, const LinearSpec& spec, Activation activation)
      : Conv1dLayer(kernels,
                    {.in = spec.in,
                     .out = spec.out,
                     .weight = spec.weight,
                     .bias = spec.bias,
                     .type = spec.type},
                    activation) {}
  std::string_view kind() const noexcept override { return "linear"; }
};

/// Keeps the last steps of a call for the next one.
class CausalConv1dLayer final : public Conv1dLayer {
 public:
  CausalConv1dLayer(const kernels::Kernels& kernels, const Conv1dSpec& spec, Activation activation)
      : Conv1dLayer(kernels, spec, activation), history_(reach() * spec.in) {
    resetState();
  }

  core::Result<SequenceShape> outputFor(SequenceShape input) const override {
    return Conv1dLayer::outputFor({input.steps + reach(), input.channels});
  }
  std::size_t scratchFor(SequenceShape input) const noexcept override {
    return core::paddedCount<float>(history_.size() + input.size()) +
           Conv1dLayer::scratchFor({input.steps + reach(), input.channels});
  }
  void process(const float* x, SequenceShape input, float* out, float* scratch,
               core::ThreadPool& pool) override {
    const std::size_t count = history_.size() + input.size();
    std::copy(history_.begin(), history_.end(), scratch);
    std::copy_n(x, input.size(), scratch + history_.size());
    Conv1dLayer::process(scratch, {input.steps + reach(), input.channels}, out,
                         scratch + core::paddedCount<float>(count), pool);
    std::copy_n(scratch + input.size(), history_.size(), history_.begin());
  }
  void resetState() noexcept override { history_.zero(); }

 private:
  core::AlignedBuffer<float> history_;  ///< [reach, in]
};

class GroupNormLayer final : public Layer {
 public:
  GroupNormLayer(const kernels::Kernels& kernels, const GroupNormSpec& spec)
      : kernels_(&kernels),
        groups_(spec.groups),
        algorithm_(spec.algorithm),
        affine_{{spec.weight.begin(), spec.weight.end()}, {spec.bias.begin(), spec.bias.end()}} {}

  std::string_view kind() const noexcept override { return "group norm"; }
  core::Result<SequenceShape> outputFor(SequenceShape input) const override {
    STEMWRIGHT_TRY(checkChannels(kind(), input, affine_.weight.size()));
    return input;
  }
  bool worksInPlace() const noexcept override { return true; }
  std::size_t weightBytes() const noexcept override {
    return 2 * affine_.weight.size() * sizeof(float);
  }
  void process(const float* x, SequenceShape input, float* out, float*,
               core::ThreadPool& pool) override {
    if (x != out) std::copy_n(x, input.size(), out);
    groupNorm(*kernels_, out, input.steps, input.channels, groups_, affine_, pool, algorithm_);
  }

 private:
  const kernels::Kernels* kernels_;
  std::size_t groups_;
  NormAlgorithm algorithm_;
  Affine affine_;
};

class RecurrentLayer final : public Layer {
 public:
  explicit RecurrentLayer(Recurrent recurrent) : recurrent_(std::move(recurrent)) {}

  std::string_view kind() const noexcept override {
    return recurrent_.shape().cell == RecurrentCell::kLstm ? "lstm" : "gru";
  }
  core::Result<SequenceShape> outputFor(SequenceShape input) const override {
    const RecurrentShape& shape = recurrent_.shape();
    STEMWRIGHT_TRY(checkChannels(kind(), input, shape.inputSize));
    return SequenceShape{input.steps, shape.directions() * shape.hiddenSize};
  }
  std::size_t scratchFor(SequenceShape input) const noexcept override {
    return recurrent_.scratchSize(1, input.steps);
  }
  std::size_t weightBytes() const noexcept override { return recurrent_.bytes(); }
  void process(const float* x, SequenceShape input, float* out, float* scratch,
               core::ThreadPool&) override {
    recurrent_.process(x, input.steps, out, scratch);
  }
  void resetState() noexcept override { recurrent_.resetState(); }

 private:
  Recurrent recurrent_;
};

class ActivationLayer final : public Layer {
 public:
  ActivationLayer(const kernels::Kernels& kernels, ActivationKind activation)
      : kernels_(&kernels), activation_(activation) {}

  std::string_view kind() const noexcept override {
    constexpr std::string_view kNames[] = {"gelu", "glu", "relu", "sigmoid", "tanh"};
    return kNames[static_cast<std::size_t>(activation_)];
  }
  core::Result<SequenceShape> outputFor(SequenceShape input) const override {
    if (activation_ != ActivationKind::kGlu) return input;
    if (input.channels % 2 != 0) return invalid("glu: takes an even number of channels");
    return SequenceShape{input.steps, input.channels / 2};
  }
  bool worksInPlace() const noexcept override { return activation_ != ActivationKind::kGlu; }
  std::size_t weightBytes() const noexcept override { return 0; }
  void process(const float* x, SequenceShape input, float* out, float*,
               core::ThreadPool&) override {
    const kernels::ElementwiseKernels& k = kernels_->elementwise;
    const std::size_t count = input.size();
    const std::size_t half = input.channels / 2;
    switch (activation_) {
      case ActivationKind::kGelu:
        return k.gelu(x, out, count);
      case ActivationKind::kSigmoid:
        return k.sigmoid(x, out, count);
      case ActivationKind::kTanh:
        return k.tanh(x, out, count);
      case ActivationKind::kRelu:
        for (std::size_t i = 0; i < count; ++i) out[i] = x[i] > 0 ? x[i] : 0;
        return;
      case ActivationKind::kGlu:
        for (std::size_t row = 0; row < input.steps; ++row) {
          const float* value = x + row * input.channels;
          k.glu(value, value + half, out + row * half, half);
        }
        return;
    }
  }

 private:
  const kernels::Kernels* kernels_;
  ActivationKind activation_;
};

using MadeLayer = core::Result<std::unique_ptr<Layer>>;

/// Makes one layer of its description and the activation that is fused into it.
struct Maker {
  const kernels::Kernels& kernels;
  Activation activation;

  MadeLayer operator()(const LinearSpec& spec) const {
    if (spec.in == 0 || spec.out == 0) return unfit("linear: sizes must be positive");
    STEMWRIGHT_TRY(checkValues("linear: the weight", spec.weight, spec.in * spec.out));
    STEMWRIGHT_TRY(checkValues("linear: the bias", spec.bias, spec.out, true));
    STEMWRIGHT_TRY(checkGlu(spec.out));
    STEMWRIGHT_TRY(checkRange("linear: the weight", spec.weight, spec.type));
    if (spec.type == WeightType::kFp32) {
      return std::unique_ptr<Layer>(std::make_unique<LinearLayer>(kernels, spec, activation));
    }
    return std::unique_ptr<Layer>(std::make_unique<NarrowLinearLayer>(kernels, spec, activation));
  }
  MadeLayer operator()(const Conv1dSpec& spec) const {
    if (spec.in == 0 || spec.out == 0 || spec.stride == 0 || spec.dilation == 0) {
      return unfit("conv1d: sizes, stride and dilation must be positive");
    }
    if (spec.kernel == 0 || spec.kernel > Conv::kMostTaps) {
      return unfit("conv1d: the kernel must have 1 to " + std::to_string(Conv::kMostTaps) +
                   " taps");
    }
    STEMWRIGHT_TRY(
        checkValues("conv1d: the weight", spec.weight, spec.in * spec.out * spec.kernel));
    STEMWRIGHT_TRY(checkValues("conv1d: the bias", spec.bias, spec.out, true));
    STEMWRIGHT_TRY(checkRange("conv1d: the weight", spec.weight, spec.type));
    STEMWRIGHT_TRY(checkGlu(spec.out));
    if (!spec.isCausal) {
      return std::unique_ptr<Layer>(std::make_unique<Conv1dLayer>(kernels, spec, activation));
    }
    if (spec.stride != 1 || spec.padding != 0) {
      return unfit("conv1d: a causal one has stride 1 and no padding");
    }
    return std::unique_ptr<Layer>(std::make_unique<CausalConv1dLayer>(kernels, spec, activation));
  }
  MadeLayer operator()(const GroupNormSpec& spec) const {
    STEMWRIGHT_TRY(checkValues("group norm: the weight", spec.weight, spec.weight.size()));
    STEMWRIGHT_TRY(checkValues("group norm: the bias", spec.bias, spec.weight.size()));
    if (spec.groups == 0 || spec.weight.empty() || spec.weight.size() % spec.groups != 0) {
      return unfit("group norm: the groups must divide the channels");
    }
    return std::unique_ptr<Layer>(std::make_unique<GroupNormLayer>(kernels, spec));
  }
  MadeLayer operator()(const RecurrentSpec& spec) const {
    auto recurrent = Recurrent::create(spec.shape, spec.parameters, kernels, spec.type);
    STEMWRIGHT_TRY(recurrent);
    recurrent.value().prepareState(1);
    return std::unique_ptr<Layer>(std::make_unique<RecurrentLayer>(std::move(recurrent).value()));
  }
  MadeLayer operator()(const ActivationSpec& spec) const {
    return std::unique_ptr<Layer>(std::make_unique<ActivationLayer>(kernels, spec.kind));
  }

 private:
  core::Status checkGlu(std::size_t out) const {
    if (activation == Activation::kGlu && out % 2 != 0) return unfit("glu: the channels are odd");
    return core::okStatus();
  }
};

}  // namespace

Activation fusedInto(const LayerSpec& spec, const LayerSpec* next) {
  const bool takes =
      std::holds_alternative<LinearSpec>(spec) || std::holds_alternative<Conv1dSpec>(spec);
  const auto* activation = next == nullptr ? nullptr : std::get_if<ActivationSpec>(next);
  if (!takes || activation == nullptr) return Activation::kNone;
  if (activation->kind == ActivationKind::kGelu) return Activation::kGelu;
  return activation->kind == ActivationKind::kGlu ? Activation::kGlu : Activation::kNone;
}

core::Result<std::unique_ptr<Layer>> makeLayer(const LayerSpec& spec, Activation fused,
                                               const kernels::Kernels& kernels) {
  return std::visit(Maker{kernels, fused}, spec);
}

}  // namespace stemwright::nn
