#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/thread_pool.h"
#include "nn/compiled_network.h"
#include "nn/dynamic_conv.h"
#include "nn/linear.h"
#include "nn/sequential.h"
#include "tests/support/allocations.h"
#include "tests/support/safetensors.h"

namespace stemwright {
namespace {

using kernels::Kernels;
using nn::ActivationKind;
using nn::LayerSpec;
using nn::SequenceShape;
using Values = std::vector<float>;

Values noise(std::size_t count, std::uint32_t seed, float scale = 1) {
  Values values(count);
  for (float& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = scale * (static_cast<float>(seed >> 8) / 8388608.0f - 1.0f);
  }
  return values;
}

template <typename Check>
void onEveryLevel(Check&& check) {
  for (kernels::Isa isa : kernels::availableIsas()) {
    const std::string level(kernels::isaName(isa));
    CAPTURE(level);
    check(*kernels::kernelsFor(isa));
  }
}

/// conv 3 -> 8, GELU, linear 8 -> 12, GLU, LSTM 6 -> 5, group norm, linear 5 -> 2, tanh; with the
/// same in doubles.
class Reference {
 public:
  static constexpr std::size_t kIn = 3, kConv = 8, kLinear = 12, kHalf = 6, kUnits = 5, kOut = 2;
  Values convWeight = noise(kConv * kIn * 3, 1, 0.5f), convBias = noise(kConv, 2);
  Values linearWeight = noise(kLinear * kConv, 3, 0.5f), linearBias = noise(kLinear, 4);
  std::map<std::string, Values> lstm{{"weight_ih_l0", noise(4 * kUnits * kHalf, 5, 0.6f)},
                                     {"weight_hh_l0", noise(4 * kUnits * kUnits, 6, 0.6f)},
                                     {"bias_ih_l0", noise(4 * kUnits, 7)},
                                     {"bias_hh_l0", noise(4 * kUnits, 8)}};
  Values normWeight = noise(kUnits, 9), normBias = noise(kUnits, 10);
  Values lastWeight = noise(kOut * kUnits, 11);

  std::vector<LayerSpec> layers(bool withNorm = true) const {
    std::vector<LayerSpec> all{
        nn::Conv1dSpec{.in = kIn,
                       .out = kConv,
                       .kernel = 3,
                       .padding = 1,
                       .weight = convWeight,
                       .bias = convBias},
        nn::ActivationSpec{ActivationKind::kGelu},
        nn::LinearSpec{kConv, kLinear, linearWeight, linearBias},
        nn::ActivationSpec{ActivationKind::kGlu},
        nn::RecurrentSpec{{nn::RecurrentCell::kLstm, kHalf, kUnits, 1, false},
                          [this](const std::string& name) -> std::optional<std::span<const float>> {
                            return std::span<const float>(lstm.at(name));
                          }},
        nn::GroupNormSpec{1, normWeight, normBias, nn::NormAlgorithm::kWelford},
        nn::LinearSpec{kUnits, kOut, lastWeight, {}},
        nn::ActivationSpec{ActivationKind::kTanh}};
    if (!withNorm) all.erase(all.begin() + 5);
    return all;
  }

  Values run(const Values& x) const {
    const std::size_t steps = x.size() / kIn;
    std::vector<double> h(kUnits), c(kUnits), hidden;
    for (std::size_t t = 0; t < steps; ++t) {
      const std::vector<double> gated = front(x, steps, t);
      step(gated, h, c);
      hidden.insert(hidden.end(), h.begin(), h.end());
    }
    normalise(hidden);
    Values out;
    for (std::size_t t = 0; t < steps; ++t) {
      for (std::size_t o = 0; o < kOut; ++o) {
        double sum = 0;
        for (std::size_t i = 0; i < kUnits; ++i)
          sum += lastWeight[o * kUnits + i] * hidden[t * kUnits + i];
        out.push_back(static_cast<float>(std::tanh(sum)));
      }
    }
    return out;
  }

 private:
  static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

  std::vector<double> front(const Values& x, std::size_t steps, std::size_t t) const {
    std::vector<double> conv(kConv);
    for (std::size_t o = 0; o < kConv; ++o) {
      double sum = convBias[o];
      for (std::size_t tap = 0; tap < 3; ++tap) {
        if (t + tap < 1 || t + tap - 1 >= steps) continue;
        for (std::size_t i = 0; i < kIn; ++i) {
          sum +=
              static_cast<double>(x[(t + tap - 1) * kIn + i]) * convWeight[(o * kIn + i) * 3 + tap];
        }
      }
      conv[o] = 0.5 * sum * (1 + std::erf(sum / std::sqrt(2.0)));
    }
    std::vector<double> both(kLinear);
    for (std::size_t o = 0; o < kLinear; ++o) {
      both[o] = linearBias[o];
      for (std::size_t i = 0; i < kConv; ++i) both[o] += conv[i] * linearWeight[o * kConv + i];
    }
    std::vector<double> gated(kHalf);
    for (std::size_t i = 0; i < kHalf; ++i) gated[i] = both[i] * sigmoid(both[kHalf + i]);
    return gated;
  }

  void step(const std::vector<double>& x, std::vector<double>& h, std::vector<double>& c) const {
    std::vector<double> gates(4 * kUnits);
    for (std::size_t g = 0; g < gates.size(); ++g) {
      gates[g] = static_cast<double>(lstm.at("bias_ih_l0")[g]) + lstm.at("bias_hh_l0")[g];
      for (std::size_t i = 0; i < kHalf; ++i)
        gates[g] += lstm.at("weight_ih_l0")[g * kHalf + i] * x[i];
      for (std::size_t i = 0; i < kUnits; ++i)
        gates[g] += lstm.at("weight_hh_l0")[g * kUnits + i] * h[i];
    }
    for (std::size_t i = 0; i < kUnits; ++i) {
      c[i] =
          sigmoid(gates[kUnits + i]) * c[i] + sigmoid(gates[i]) * std::tanh(gates[2 * kUnits + i]);
      h[i] = sigmoid(gates[3 * kUnits + i]) * std::tanh(c[i]);
    }
  }

  void normalise(std::vector<double>& x) const {
    double mean = 0;
    double variance = 0;
    for (double v : x) mean += v / static_cast<double>(x.size());
    for (double v : x) variance += (v - mean) * (v - mean) / static_cast<double>(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = (x[i] - mean) / std::sqrt(variance + 1e-5) * normWeight[i % kUnits] +
             normBias[i % kUnits];
    }
  }
};

}  // namespace

TEST_SUITE("nn") {
  TEST_CASE("a linear layer gives the same below and above its batch threshold") {
    core::ThreadPool pool(3);
    onEveryLevel([&](const Kernels& k) {
      for (const std::size_t out : {1u, 7u, 33u, 130u}) {
        const std::size_t in = 19;
        const Values weight = noise(out * in, 1);
        const Values bias = noise(out, 2);
        nn::Linear linear(k, in, out, weight.data(), bias.data());
        for (const std::size_t rows : {1u, 3u, 8u, 700u}) {
          const Values x = noise(rows * in, 3);
          Values alone(rows * out, NAN);
          Values shared(rows * out, NAN);
          linear.setBatchThreshold(rows + 1);
          linear.forward(x.data(), rows, alone.data(), pool);
          linear.setBatchThreshold(1);
          linear.forward(x.data(), rows, shared.data(), pool);
          REQUIRE(alone == shared);
          double sum = bias[out - 1];
          for (std::size_t i = 0; i < in; ++i)
            sum += static_cast<double>(x[(rows - 1) * in + i]) * weight[(out - 1) * in + i];
          REQUIRE(alone.back() == doctest::Approx(sum).epsilon(1e-5));
        }
      }
    });
  }

  TEST_CASE("tuning a linear layer keeps one of the thresholds it measured") {
    core::ThreadPool pool(2);
    const Values weight = noise(64 * 64, 1);
    nn::Linear linear(kernels::kernels(), 64, 64, weight.data(), nullptr);
    CHECK(linear.batchThreshold() == nn::Linear::kDefaultBatchThreshold);
    const std::size_t kept = linear.autotune(pool);
    CHECK(linear.batchThreshold() == kept);
    CHECK((kept == 2 || kept == 4 || kept == 8 || kept == 16));
  }

  TEST_CASE("three layers of one shape need two buffers") {
    const Values weight = noise(256 * 256 * 3, 1, 0.05f);
    const nn::Conv1dSpec conv{
        .in = 256, .out = 256, .kernel = 3, .padding = 1, .weight = weight, .bias = {}};
    auto network = nn::Sequential::create(std::vector<LayerSpec>{conv, conv, conv}).value();
    CHECK(network.bufferStats() == "");
    REQUIRE(network.build({1, 256}).ok());
    CHECK(network.bufferStats() == "3 layers, 2 buffers (33% memory saved)");
    CHECK(network.plan().bufferCount() == 2);
  }

  TEST_CASE("a chain and its compiled plan equal the definition, whole and in pieces") {
    const Reference reference;
    const std::size_t steps = 29;
    const Values x = noise(steps * Reference::kIn, 20);
    const Values expected = reference.run(x);
    onEveryLevel([&](const Kernels& k) {
      for (const unsigned threads : {1u, 2u}) {
        core::ThreadPool pool(threads);
        auto chain = nn::Sequential::create(reference.layers(), k).value();
        REQUIRE(chain.build({steps, Reference::kIn}).ok());
        auto compiled =
            nn::CompiledNetwork::compile(reference.layers(), {steps, Reference::kIn}, {threads}, k)
                .value();
        for (int round = 0; round < 2; ++round) {
          const auto out = chain.forward(x.data(), steps, pool).value();
          CHECK(testing::relativeRms(out, expected) < 1e-5);
          Values predicted(steps * Reference::kOut, NAN);
          REQUIRE(compiled.predict(x.data(), steps, predicted.data()).ok());
          CHECK(testing::relativeRms(predicted, expected) < 1e-5);
          chain.resetState();
          compiled.resetState();
        }
      }
    });
  }

  TEST_CASE("a compiled recurrent network goes on where the last piece ended") {
    const Reference reference;
    auto layers = reference.layers(false);
    layers.erase(layers.begin());  // the convolution looks to both sides
    layers.erase(layers.begin());
    const std::size_t steps = 24;
    const Values x = noise(steps * Reference::kConv, 30);
    auto network = nn::CompiledNetwork::compile(layers, {steps, Reference::kConv}, {}).value();
    Values whole(steps * Reference::kOut);
    REQUIRE(network.predict(x.data(), steps, whole.data()).ok());
    network.resetState();
    Values pieces(whole.size());
    for (std::size_t at = 0, length = 1; at < steps;
         at += length, length = std::min(length + 2, steps - at)) {
      REQUIRE(
          network.predict(&x[at * Reference::kConv], length, &pieces[at * Reference::kOut]).ok());
    }
    CHECK(testing::relativeRms(pieces, whole) < 1e-6);
  }

  TEST_CASE("predicting allocates nothing, and memory pressure releases the workspace by choice") {
    const Reference reference;
    const std::size_t steps = 16;
    auto network =
        nn::CompiledNetwork::compile(reference.layers(), {steps, Reference::kIn}, {}).value();
    const Values x = noise(steps * Reference::kIn, 40);
    Values first(steps * Reference::kOut);
    Values second(first.size());
    REQUIRE(network.prewarm().ok());
    const std::size_t before = testing::allocations();
    REQUIRE(network.predict(x.data(), steps, first.data()).ok());
    CHECK(testing::allocations() == before);
    network.resetState();

    CHECK_FALSE(network.handlePressure(nn::PressureLevel::kWarning));
    CHECK(network.workspaceBytes() > 0);
    CHECK(network.handlePressure(nn::PressureLevel::kCritical));
    CHECK(network.workspaceBytes() == 0);
    REQUIRE(network.predict(x.data(), steps, second.data()).ok());
    CHECK(first == second);
    CHECK(network.workspaceBytes() > 0);

    std::vector<nn::PressureLevel> told;
    network.onPressure([&](nn::PressureLevel level) {
      told.push_back(level);
      return level == nn::PressureLevel::kWarning;
    });
    CHECK_FALSE(network.handlePressure(nn::PressureLevel::kCritical));
    CHECK(network.workspaceBytes() > 0);
    CHECK(network.handlePressure(nn::PressureLevel::kWarning));
    CHECK(told.size() == 2);
  }

  TEST_CASE("misuse of a network is refused with the layer's place and reason") {
    const Values eight(8);
    const Values poisoned{1, NAN, 3, 4, 5, 6, 7, 8};
    const auto errorOf = [](const std::vector<LayerSpec>& layers, SequenceShape input) {
      auto network = nn::CompiledNetwork::compile(layers, input, {});
      return network.ok() ? std::string("none") : network.error().message;
    };
    CHECK(errorOf({}, {4, 2}) == "a network needs a layer, a step and a thread");
    CHECK(errorOf({nn::LinearSpec{2, 3, eight, {}}}, {4, 2}) ==
          "layer 0: linear: the weight has 8 values, not 6");
    CHECK(errorOf({nn::LinearSpec{2, 4, poisoned, {}}}, {4, 2}) ==
          "layer 0: linear: the weight holds values that are no numbers");
    CHECK(errorOf({nn::LinearSpec{2, 4, eight, {}}, nn::LinearSpec{2, 4, eight, {}}}, {4, 2}) ==
          "layer 1: linear: takes 2 channels, not 4");
    CHECK(errorOf({nn::ActivationSpec{ActivationKind::kGlu}}, {4, 3}) ==
          "layer 0: glu: takes an even number of channels");
    CHECK(errorOf({nn::Conv1dSpec{.in = 1, .out = 1, .kernel = 8, .weight = eight, .bias = {}}},
                  {4, 1}) == "layer 0: conv1d: the input is shorter than the kernel");
    CHECK(errorOf({nn::GroupNormSpec{3, eight, eight}}, {4, 8}) ==
          "layer 0: group norm: the groups must divide the channels");

    auto network = nn::CompiledNetwork::compile(
                       std::vector<LayerSpec>{nn::LinearSpec{2, 4, eight, {}}}, {4, 2}, {})
                       .value();
    Values out(100);
    CHECK_FALSE(network.predict(eight.data(), 0, out.data()).ok());
    CHECK_FALSE(network.predict(eight.data(), 5, out.data()).ok());
    auto chain =
        nn::Sequential::create(std::vector<LayerSpec>{nn::LinearSpec{2, 4, eight, {}}}).value();
    core::ThreadPool pool(1);
    CHECK_FALSE(chain.forward(eight.data(), 4, pool).ok());
  }

  TEST_CASE("a convolution of changing sizes keeps an output for each of the last ones") {
    core::ThreadPool pool(1);
    const Values weight = noise(4 * 2 * 3, 1);
    const nn::ConvShape shape{.in = 2, .out = 4, .kernelWidth = 3};
    const nn::Conv plain(kernels::kernels(), shape, false, weight.data(), nullptr);
    nn::DynamicConv conv(nn::ShapedConv(kernels::kernels(), shape, weight.data(), nullptr), 2);
    const Values x = noise(2 * 40, 2);
    const auto run = [&](std::size_t width) {
      const auto out = conv.forward(x.data(), 1, width, pool).value();
      Values expected((width - 2) * 4);
      plain.forward(x.data(), 1, width, expected.data(), {}, pool);
      CHECK(Values(out.begin(), out.end()) == expected);
      return out.data();
    };
    const float* first = run(10);
    CHECK(run(10) == first);
    CHECK(conv.cacheStats().hits == 1);
    CHECK(conv.cacheStats().misses == 1);
    run(20);
    CHECK(run(10) == first);
    run(30);  // 20 goes, which was used longest ago
    CHECK(run(10) == first);
    CHECK(conv.cacheStats().misses == 3);
    run(20);
    CHECK(conv.cacheStats().misses == 4);
    CHECK(conv.cacheStats().entries == 2);
    CHECK(conv.cacheStats().bytes == (8 + 18) * 4 * sizeof(float));
    CHECK_FALSE(conv.forward(x.data(), 1, 2, pool).ok());
    const std::size_t before = testing::allocations();
    static_cast<void>(conv.forward(x.data(), 1, 20, pool));
    CHECK(testing::allocations() == before);
    conv.releaseCache();
    CHECK(conv.cacheStats().bytes == 0);
    run(10);
  }
}

}  // namespace stemwright
