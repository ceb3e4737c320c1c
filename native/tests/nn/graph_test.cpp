// Networks that are no chains, and where their results lie.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/thread_pool.h"
#include "nn/compiled_network.h"
#include "nn/memory_plan.h"
#include "tests/support/allocations.h"
#include "tests/support/safetensors.h"

namespace stemwright {
namespace {

using nn::ActivationKind;
using nn::CompiledNetwork;
using nn::JoinKind;
using nn::NodeSpec;
using Values = std::vector<float>;
constexpr std::size_t kInput = NodeSpec::kInput;

Values noise(std::size_t count, std::uint32_t seed, float scale = 1) {
  Values values(count);
  for (float& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = scale * (static_cast<float>(seed >> 8) / 8388608.0f - 1.0f);
  }
  return values;
}

NodeSpec node(std::string name, nn::LayerSpec layer, std::size_t input) {
  return {std::move(name), std::move(layer), {input}};
}

NodeSpec join(std::string name, JoinKind kind, std::vector<std::size_t> inputs) {
  return {std::move(name), nn::JoinSpec{kind}, std::move(inputs)};
}

/// a = tanh(W x); b = gelu(V a); out = [x + a, a * b]
struct Diamond {
  static constexpr std::size_t kChannels = 5;
  Values w = noise(kChannels * kChannels, 1), v = noise(kChannels * kChannels, 2);

  std::vector<NodeSpec> nodes() const {
    return {node("w", nn::LinearSpec{kChannels, kChannels, w, {}}, kInput),
            node("a", nn::ActivationSpec{ActivationKind::kTanh}, 0),
            node("v", nn::LinearSpec{kChannels, kChannels, v, {}}, 1),
            node("b", nn::ActivationSpec{ActivationKind::kGelu}, 2),
            join("sum", JoinKind::kAdd, {kInput, 1}),
            join("product", JoinKind::kMultiply, {1, 3}),
            join("out", JoinKind::kConcatenate, {4, 5})};
  }

  Values run(const Values& x) const {
    Values out;
    for (std::size_t at = 0; at < x.size(); at += kChannels) {
      const auto times = [&](const Values& matrix, const double* row, std::size_t o) {
        double sum = 0;
        for (std::size_t i = 0; i < kChannels; ++i) sum += matrix[o * kChannels + i] * row[i];
        return sum;
      };
      double in[kChannels], a[kChannels], b[kChannels];
      std::copy_n(x.begin() + static_cast<std::ptrdiff_t>(at), kChannels, in);
      for (std::size_t o = 0; o < kChannels; ++o) a[o] = std::tanh(times(w, in, o));
      for (std::size_t o = 0; o < kChannels; ++o) {
        const double y = times(v, a, o);
        b[o] = 0.5 * y * (1 + std::erf(y / std::sqrt(2.0)));
      }
      for (std::size_t o = 0; o < kChannels; ++o) out.push_back(static_cast<float>(in[o] + a[o]));
      for (std::size_t o = 0; o < kChannels; ++o) out.push_back(static_cast<float>(a[o] * b[o]));
    }
    return out;
  }
};

}  // namespace

TEST_SUITE("nn") {
  TEST_CASE("a graph with branches equals its definition at every level, and allocates nothing") {
    const Diamond diamond;
    const std::size_t steps = 9;
    const Values x = noise(steps * Diamond::kChannels, 3);
    for (kernels::Isa isa : kernels::availableIsas()) {
      CAPTURE(kernels::isaName(isa));
      auto network = CompiledNetwork::compile(diamond.nodes(), {steps, Diamond::kChannels}, {},
                                              *kernels::kernelsFor(isa))
                         .value();
      CHECK(network.outputFor(4).value() == nn::SequenceShape{4, 2 * Diamond::kChannels});
      Values out(steps * 2 * Diamond::kChannels, NAN);
      const std::size_t before = testing::allocations();
      REQUIRE(network.predict(x.data(), steps, out.data()).ok());
      CHECK(testing::allocations() == before);
      CHECK(testing::relativeRms(out, diamond.run(x)) < 1e-6);
      const Values some(x.begin(), x.begin() + 3 * Diamond::kChannels);
      Values less(3 * 2 * Diamond::kChannels, NAN);
      REQUIRE(network.predict(some.data(), 3, less.data()).ok());
      CHECK(testing::relativeRms(less, diamond.run(some)) < 1e-6);
    }
  }

  TEST_CASE("a result that two nodes take is not fused away or overwritten") {
    const Values w = noise(16, 4);
    const std::vector<NodeSpec> nodes{node("w", nn::LinearSpec{4, 4, w, {}}, kInput),
                                      node("gelu", nn::ActivationSpec{ActivationKind::kGelu}, 0),
                                      node("relu", nn::ActivationSpec{ActivationKind::kRelu}, 0),
                                      node("tanh", nn::ActivationSpec{ActivationKind::kTanh}, 2),
                                      join("out", JoinKind::kConcatenate, {0, 1, 2, 3})};
    auto network = CompiledNetwork::compile(nodes, {1, 4}, {}).value();
    const Values x = noise(4, 5);
    Values out(16);
    REQUIRE(network.predict(x.data(), 1, out.data()).ok());
    for (std::size_t o = 0; o < 4; ++o) {
      double y = 0;
      for (std::size_t i = 0; i < 4; ++i) y += static_cast<double>(w[4 * o + i]) * x[i];
      CHECK(out[o] == doctest::Approx(y).epsilon(1e-5));
      CHECK(out[4 + o] ==
            doctest::Approx(0.5 * y * (1 + std::erf(y / std::sqrt(2.0)))).epsilon(1e-5));
      CHECK(out[8 + o] == doctest::Approx(std::max(0.0, y)).epsilon(1e-5));
      CHECK(out[12 + o] == doctest::Approx(std::tanh(std::max(0.0, y))).epsilon(1e-5));
    }
  }

  TEST_CASE("causal convolutions in pieces of any length give what the whole gives") {
    const std::size_t steps = 40;
    const Values first = noise(6 * 2 * 3, 6), second = noise(2 * 6 * 4, 7), x = noise(steps * 2, 8);
    nn::Conv1dSpec a{.in = 2, .out = 6, .kernel = 3, .isCausal = true, .weight = first, .bias = {}};
    nn::Conv1dSpec b{.in = 6,
                     .out = 2,
                     .kernel = 4,
                     .dilation = 2,
                     .isCausal = true,
                     .weight = second,
                     .bias = {}};
    const std::vector<NodeSpec> nodes{node("a", a, kInput), node("b", b, 0),
                                      join("out", JoinKind::kAdd, {kInput, 1})};
    auto network = CompiledNetwork::compile(nodes, {steps, 2}, {}).value();
    Values whole(steps * 2);
    REQUIRE(network.predict(x.data(), steps, whole.data()).ok());
    network.resetState();
    Values pieces(steps * 2);
    for (std::size_t at = 0, length = 1; at < steps;
         at += length, length = std::min(length + 1, steps - at)) {
      REQUIRE(network.predict(&x[at * 2], length, &pieces[at * 2]).ok());
    }
    CHECK(testing::relativeRms(pieces, whole) < 1e-6);

    // The last step by definition: zeros before the beginning, nothing of later steps.
    const auto layer = [](const nn::Conv1dSpec& spec, const Values& in) {
      Values out;
      for (std::size_t t = 0; t < in.size() / spec.in; ++t) {
        for (std::size_t o = 0; o < spec.out; ++o) {
          double sum = 0;
          for (std::size_t tap = 0; tap < spec.kernel; ++tap) {
            const std::size_t back = (spec.kernel - 1 - tap) * spec.dilation;
            if (back > t) continue;
            for (std::size_t i = 0; i < spec.in; ++i) {
              sum += static_cast<double>(in[(t - back) * spec.in + i]) *
                     spec.weight[(o * spec.in + i) * spec.kernel + tap];
            }
          }
          out.push_back(static_cast<float>(sum));
        }
      }
      return out;
    };
    Values expected = layer(b, layer(a, x));
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += x[i];
    CHECK(testing::relativeRms(whole, expected) < 1e-6);

    a.padding = 1;
    CHECK(CompiledNetwork::compile(std::vector<NodeSpec>{node("a", a, kInput)}, {4, 2}, {})
              .error()
              .message == "a: conv1d: a causal one has stride 1 and no padding");
  }

  TEST_CASE("what is no graph is refused with the node's name") {
    const Values four(4, 0.5f);
    const nn::LinearSpec linear{2, 2, four, {}};
    const auto errorOf = [](const std::vector<NodeSpec>& nodes) {
      auto network = CompiledNetwork::compile(nodes, {4, 2}, {});
      return network.ok() ? std::string("none") : network.error().message;
    };
    CHECK(errorOf({node("a", linear, 0)}) == "a: takes what comes after it");
    CHECK(errorOf({node("a", linear, 1), node("b", linear, 0)}) == "a: takes what comes after it");
    CHECK(errorOf({node("a", linear, kInput), node("b", linear, kInput)}) ==
          "a: nothing takes its result");
    CHECK(errorOf({join("a", JoinKind::kAdd, {kInput})}) ==
          "a: a join takes two inputs and more, not 1");
    CHECK(errorOf({{"a", linear, {}}}) == "a: a layer takes one input, not 0");
    CHECK(errorOf({node("a", linear, kInput), join("b", JoinKind::kConcatenate, {kInput, 0}),
                   join("c", JoinKind::kAdd, {1, 0})}) ==
          "c: inputs of 4 x 4 and 4 x 2 do not fit");
    CHECK(errorOf({node("a", nn::LinearSpec{3, 1, four, {}}, kInput)}) ==
          "a: linear: the weight has 4 values, not 3");
  }

  TEST_CASE("values that live at once never overlap, and dead ones make room") {
    std::uint32_t seed = 1;
    const auto random = [&](std::uint32_t below) {
      seed = seed * 1664525u + 1013904223u;
      return (seed >> 8) % below;
    };
    for (int round = 0; round < 200; ++round) {
      std::vector<nn::Lifetime> values(1 + random(12));
      for (nn::Lifetime& value : values) {
        value.first = random(10);
        value.last = value.first + random(4);
        value.size = random(100);
      }
      const nn::MemoryPlan plan = nn::planMemory(values);
      REQUIRE(plan.offsets.size() == values.size());
      for (std::size_t a = 0; a < values.size(); ++a) {
        REQUIRE(plan.offsets[a] % 16 == 0);
        REQUIRE(plan.offsets[a] + values[a].size <= plan.size);
        for (std::size_t b = 0; b < a; ++b) {
          const bool live = values[a].first <= values[b].last && values[b].first <= values[a].last;
          const bool apart = plan.offsets[a] + values[a].size <= plan.offsets[b] ||
                             plan.offsets[b] + values[b].size <= plan.offsets[a];
          REQUIRE((!live || apart || values[a].size == 0 || values[b].size == 0));
        }
      }
    }
    // A chain of three of one size needs room for two.
    const std::vector<nn::Lifetime> chain{{64, 0, 1}, {64, 1, 2}, {64, 2, 3}};
    CHECK(nn::planMemory(chain).size == 128);
  }

  TEST_CASE("weights in 16 bits take half the room, and equal the definition with rounded ones") {
    const std::size_t steps = 6, in = 48, units = 32;
    const auto rounded = [](Values values, nn::WeightType type) {
      for (float& value : values) {
        value = type == nn::WeightType::kBf16 ? core::bfloat16ToFloat(core::floatToBfloat16(value))
                                              : core::halfToFloat(core::floatToHalf(value));
      }
      return values;
    };
    const Values conv = noise(64 * in * 3, 1, 0.1f), linear = noise(units * 32, 2, 0.2f);
    const Values inputs = noise(4 * units * units, 3, 0.2f);
    const Values hidden = noise(4 * units * units, 4, 1e-4f);  // with fp16's subnormals
    const Values x = noise(steps * in, 5);
    const auto build = [&](const kernels::Kernels& k, const Values& c, const Values& l,
                           const Values& i, const Values& h, nn::WeightType type) {
      const std::vector<nn::LayerSpec> layers{
          nn::Conv1dSpec{.in = in,
                         .out = 64,
                         .kernel = 3,
                         .padding = 1,
                         .weight = c,
                         .bias = {},
                         .type = type},
          nn::ActivationSpec{ActivationKind::kGlu}, nn::LinearSpec{32, units, l, {}, type},
          nn::RecurrentSpec{{nn::RecurrentCell::kLstm, units, units, 1, false},
                            [&](const std::string& name) -> std::optional<std::span<const float>> {
                              if (name == "weight_ih_l0") return i;
                              if (name == "weight_hh_l0") return h;
                              return std::nullopt;
                            },
                            type}};
      return CompiledNetwork::compile(layers, {steps, in}, {}, k);
    };
    for (kernels::Isa isa : kernels::availableIsas()) {
      CAPTURE(kernels::isaName(isa));
      const kernels::Kernels& k = *kernels::kernelsFor(isa);
      auto full = build(k, conv, linear, inputs, hidden, nn::WeightType::kFp32).value();
      for (const auto type : {nn::WeightType::kBf16, nn::WeightType::kFp16}) {
        auto narrow = build(k, conv, linear, inputs, hidden, type).value();
        CHECK(static_cast<double>(narrow.weightBytes()) <
              0.53 * static_cast<double>(full.weightBytes()));  // biases stay in float
        auto expected = build(k, rounded(conv, type), rounded(linear, type), rounded(inputs, type),
                              rounded(hidden, type), nn::WeightType::kFp32)
                            .value();
        Values out(steps * units), reference(out.size());
        REQUIRE(narrow.prewarm().ok());
        const std::size_t before = testing::allocations();
        REQUIRE(narrow.predict(x.data(), steps, out.data()).ok());
        CHECK(testing::allocations() == before);
        REQUIRE(expected.predict(x.data(), steps, reference.data()).ok());
        CHECK(testing::relativeRms(out, reference) < 1e-6);
      }
    }
    Values large = conv;
    large[5] = 1e5f;
    CHECK(build(kernels::kernels(), large, linear, inputs, hidden, nn::WeightType::kFp16)
              .error()
              .message == "layer 0: conv1d: the weight holds values too large for 16 bits");
    CHECK(build(kernels::kernels(), large, linear, inputs, hidden, nn::WeightType::kBf16).ok());
    Values poisoned = hidden;
    poisoned[7] = NAN;
    CHECK(build(kernels::kernels(), conv, linear, inputs, poisoned, nn::WeightType::kFp32)
              .error()
              .message ==
          "layer 3: recurrent layer: weight_hh_l0 holds values that are no numbers");
  }

  TEST_CASE("prewarming takes the length of the calls to come") {
    const Values w = noise(4 * 3 * 2, 1), h = noise(4 * 3 * 3, 2), x = noise(2 * 8, 3);
    const nn::Recurrent::Parameters parameters =
        [&](const std::string& name) -> std::optional<std::span<const float>> {
      if (name == "weight_ih_l0") return w;
      if (name == "weight_hh_l0") return h;
      return std::nullopt;
    };
    const nn::RecurrentShape shape{nn::RecurrentCell::kLstm, 2, 3, 1, false};
    auto layer = nn::Recurrent::create(shape, parameters).value();
    CHECK_FALSE(layer.prewarm(0).ok());
    REQUIRE(layer.prewarm(8).ok());
    Values out(3 * 8), again(3 * 8);
    const std::size_t before = testing::allocations();
    REQUIRE(layer.process(x.data(), 8, out.data()).ok());
    CHECK(testing::allocations() == before);
    CHECK_FALSE(layer.process(x.data(), 9, out.data()).ok());

    auto network = CompiledNetwork::compile(
                       std::vector<nn::LayerSpec>{nn::RecurrentSpec{shape, parameters}}, {8, 2}, {})
                       .value();
    CHECK(network.prewarm(9).error().message == "network: 9 steps, compiled for 1 to 8");
    CHECK_FALSE(network.prewarm(0).ok());
    REQUIRE(network.prewarm(5).ok());
    REQUIRE(network.predict(x.data(), 8, again.data()).ok());
    CHECK(testing::relativeRms(again, out) < 1e-6);  // the state was zero
  }
}

}  // namespace stemwright
