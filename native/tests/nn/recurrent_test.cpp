#include "nn/recurrent.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/half.h"
#include "tests/support/safetensors.h"

using namespace stemwright;
using nn::Recurrent;
using nn::RecurrentCell;
using nn::RecurrentShape;
using testing::relativeRms;

namespace {

constexpr double kTolerance = 1e-6;

struct Case {
  std::string name;
  RecurrentShape shape;
};

const Case kCases[] = {
    {"lstm_256", {RecurrentCell::kLstm, 256, 256, 1, false}},
    {"lstm_2layer_bidirectional", {RecurrentCell::kLstm, 24, 32, 2, true}},
    {"gru_256", {RecurrentCell::kGru, 256, 256, 1, false}},
};

const testing::Fixture& fixture() {
  static const testing::Fixture layers("layers.safetensors");
  return layers;
}

Recurrent::Parameters parametersOf(const std::string& name) {
  return [name](const std::string& parameter) -> std::optional<std::span<const float>> {
    const std::string key = name + "/" + parameter;
    if (!fixture().has(key)) return std::nullopt;
    return fixture()[key].span();
  };
}

Recurrent make(const Case& test, kernels::Isa isa) {
  return Recurrent::create(test.shape, parametersOf(test.name), *kernels::kernelsFor(isa)).value();
}

/// A small layer of any shape with weights that need no file.
struct Synthetic {
  RecurrentShape shape;
  std::vector<std::pair<std::string, std::vector<float>>> values;

  explicit Synthetic(const RecurrentShape& wanted) : shape(wanted) {
    const std::size_t gates = shape.cell == RecurrentCell::kLstm ? 4 : 3;
    const std::size_t rows = gates * shape.hiddenSize;
    add("weight_ih_l0", rows * shape.inputSize);
    add("weight_hh_l0", rows * shape.hiddenSize);
    add("bias_ih_l0", rows);
    add("bias_hh_l0", rows);
  }
  void add(const std::string& name, std::size_t count) {
    std::vector<float> numbers(count);
    const double phase = static_cast<double>(values.size() + 1);
    for (std::size_t i = 0; i < count; ++i) {
      numbers[i] = static_cast<float>(0.6 * std::sin(phase + 1.7 * static_cast<double>(i)));
    }
    values.emplace_back(name, std::move(numbers));
  }
  const std::vector<float>& at(const std::string& name) const {
    for (const auto& [known, numbers] : values) {
      if (known == name) return numbers;
    }
    throw std::runtime_error(name);
  }
  Recurrent::Parameters parameters() const {
    return [this](const std::string& name) -> std::optional<std::span<const float>> {
      for (const auto& [known, numbers] : values) {
        if (known == name) return std::span(numbers);
      }
      return std::nullopt;
    };
  }
};

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

/// One layer, one sequence, straight from PyTorch's formulas in double precision.
std::vector<float> reference(const Synthetic& layer, const std::vector<float>& x) {
  const std::size_t units = layer.shape.hiddenSize;
  const std::size_t inputs = layer.shape.inputSize;
  const bool lstm = layer.shape.cell == RecurrentCell::kLstm;
  const auto product = [&](const char* side, std::size_t row, std::size_t depth, auto at) {
    double sum = layer.at(std::string("bias_") + side + "_l0")[row];
    const std::vector<float>& weight = layer.at(std::string("weight_") + side + "_l0");
    for (std::size_t k = 0; k < depth; ++k) sum += weight[row * depth + k] * at(k);
    return sum;
  };
  std::vector<double> hidden(units);
  std::vector<double> cell(units);
  std::vector<float> out;
  for (std::size_t start = 0; start < x.size(); start += inputs) {
    std::vector<double> next(units);
    for (std::size_t u = 0; u < units; ++u) {
      const auto input = [&](std::size_t gate) {
        return product("ih", gate * units + u, inputs,
                       [&](std::size_t k) { return static_cast<double>(x[start + k]); });
      };
      const auto recurrent = [&](std::size_t gate) {
        return product("hh", gate * units + u, units, [&](std::size_t k) { return hidden[k]; });
      };
      if (lstm) {
        cell[u] = sigmoid(input(1) + recurrent(1)) * cell[u] +
                  sigmoid(input(0) + recurrent(0)) * std::tanh(input(2) + recurrent(2));
        next[u] = sigmoid(input(3) + recurrent(3)) * std::tanh(cell[u]);
      } else {
        const double reset = sigmoid(input(0) + recurrent(0));
        const double update = sigmoid(input(1) + recurrent(1));
        const double candidate = std::tanh(input(2) + reset * recurrent(2));
        next[u] = (1 - update) * candidate + update * hidden[u];
      }
    }
    hidden = next;
    out.insert(out.end(), hidden.begin(), hidden.end());
  }
  return out;
}

std::vector<float> wave(std::size_t count) {
  std::vector<float> x(count);
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = static_cast<float>(std::sin(0.37 * static_cast<double>(i * i % 97)));
  }
  return x;
}

}  // namespace

TEST_SUITE("nn") {
  TEST_CASE("weights in 16 bits take half the room and round nothing but themselves") {
    for (const Case& test : kCases) {
      for (const auto type : {kernels::WeightType::kBf16, kernels::WeightType::kFp16}) {
        CAPTURE(test.name);
        // What the layer computes is what it computes with rounded weights in float.
        std::vector<std::pair<std::string, std::vector<float>>> rounded;
        const auto parameters =
            [&](const std::string& name) -> std::optional<std::span<const float>> {
          const auto values = parametersOf(test.name)(name);
          if (!values || name.starts_with("bias")) return values;
          std::vector<float> half(values->begin(), values->end());
          for (float& value : half) {
            value = type == kernels::WeightType::kBf16
                        ? core::bfloat16ToFloat(core::floatToBfloat16(value))
                        : core::halfToFloat(core::floatToHalf(value));
          }
          rounded.emplace_back(name, std::move(half));
          return std::span<const float>(rounded.back().second);
        };
        constexpr std::size_t kSteps = 5;
        std::vector<float> x(kSteps * test.shape.inputSize);
        for (std::size_t i = 0; i < x.size(); ++i)
          x[i] = static_cast<float>(std::sin(0.7 * static_cast<double>(i)));
        const std::size_t width = test.shape.directions() * test.shape.hiddenSize;
        std::vector<float> expected(kSteps * width), got(kSteps * width);
        for (const kernels::Isa isa : kernels::availableIsas()) {
          const kernels::Kernels& level = *kernels::kernelsFor(isa);
          Recurrent full = Recurrent::create(test.shape, parameters, level).value();
          Recurrent half =
              Recurrent::create(test.shape, parametersOf(test.name), level, type).value();
          REQUIRE(full.prepare(1, kSteps).ok());
          REQUIRE(half.prepare(1, kSteps).ok());
          REQUIRE(full.process(x.data(), kSteps, expected.data()).ok());
          REQUIRE(half.process(x.data(), kSteps, got.data()).ok());
          CHECK(relativeRms(got, expected) < kTolerance);
          if (test.shape.hiddenSize >= 256) {
            CHECK(static_cast<double>(half.bytes()) < 0.52 * static_cast<double>(full.bytes()));
          }
        }
      }
    }
  }

  TEST_CASE("LSTM and GRU equal PyTorch at every level, states included") {
    for (const Case& test : kCases) {
      CAPTURE(test.name);
      const testing::FixtureTensor& input = fixture()[test.name + "/input"];
      const testing::FixtureTensor& expected = fixture()[test.name + "/output"];
      for (kernels::Isa isa : kernels::availableIsas()) {
        CAPTURE(kernels::isaName(isa));
        Recurrent layer = make(test, isa);
        REQUIRE(layer.prepare(input.shape[0], input.shape[1]).ok());
        std::vector<float> out(expected.size());
        REQUIRE(layer.process(input.data(), input.shape[1], out.data()).ok());
        CHECK(relativeRms(out, expected.span()) < kTolerance);
        CHECK(relativeRms(layer.hiddenState(), fixture()[test.name + "/output1"].span()) <
              kTolerance);
        if (test.shape.cell == RecurrentCell::kLstm) {
          CHECK(relativeRms(layer.cellState(), fixture()[test.name + "/output2"].span()) <
                kTolerance);
        } else {
          CHECK(layer.cellState().empty());
        }
      }
    }
  }

  TEST_CASE("a signal in pieces gives what the whole gives, and resetState starts anew") {
    for (const Case& test : kCases) {
      if (test.shape.bidirectional) continue;
      CAPTURE(test.name);
      const testing::FixtureTensor& input = fixture()[test.name + "/input"];
      const testing::FixtureTensor& expected = fixture()[test.name + "/output"];
      Recurrent layer = make(test, kernels::availableIsas().back());
      REQUIRE(layer.prepare(1, 50).ok());
      for (int round = 0; round < 2; ++round) {
        std::vector<float> out(expected.size());
        std::size_t done = 0;
        for (std::size_t steps : {1, 2, 3, 44, 50}) {
          REQUIRE(layer.process(input.data() + done * 256, steps, out.data() + done * 256).ok());
          done += steps;
        }
        REQUIRE(done == 100);
        CHECK(relativeRms(out, expected.span()) < kTolerance);
        layer.resetState();
      }
    }
  }

  TEST_CASE("a step is the same to the bit whichever end of the weights it starts from") {
    for (const Case& test : kCases) {
      for (kernels::Isa isa : kernels::availableIsas()) {
        CAPTURE(test.name);
        CAPTURE(kernels::isaName(isa));
        const float* input = fixture()[test.name + "/input"].data();
        const std::size_t width = test.shape.directions() * test.shape.hiddenSize;
        Recurrent layer = make(test, isa);
        REQUIRE(layer.prepare(1, 1).ok());
        std::vector<float> first(width);
        REQUIRE(layer.process(input, 1, first.data()).ok());
        layer.resetState();
        std::vector<float> second(width);
        REQUIRE(layer.process(input, 1, second.data()).ok());
        CHECK(first == second);
      }
    }
  }

  TEST_CASE("sizes that fill no vector equal the formulas") {
    for (RecurrentCell cell : {RecurrentCell::kLstm, RecurrentCell::kGru}) {
      for (std::size_t units : {1, 3, 7, 17, 33, 48}) {
        CAPTURE(units);
        const Synthetic synthetic({cell, 5, units, 1, false});
        const std::vector<float> x = wave(5 * 11);
        const std::vector<float> expected = reference(synthetic, x);
        for (kernels::Isa isa : kernels::availableIsas()) {
          CAPTURE(kernels::isaName(isa));
          Recurrent layer =
              Recurrent::create(synthetic.shape, synthetic.parameters(), *kernels::kernelsFor(isa))
                  .value();
          REQUIRE(layer.prepare(1, 11).ok());
          std::vector<float> out(expected.size() + 1, 9.0f);
          REQUIRE(layer.process(x.data(), 11, out.data()).ok());
          CHECK(relativeRms(std::span(out).first(expected.size()), expected) < kTolerance);
          CHECK(out.back() == 9.0f);
        }
      }
    }
  }

  TEST_CASE("the rows of a batch do not see each other") {
    const Synthetic synthetic({RecurrentCell::kGru, 5, 20, 1, false});
    const std::vector<float> x = wave(3 * 5 * 9);
    Recurrent layer = Recurrent::create(synthetic.shape, synthetic.parameters()).value();
    REQUIRE(layer.prepare(3, 9).ok());
    std::vector<float> out(3 * 9 * 20);
    REQUIRE(layer.process(x.data(), 9, out.data()).ok());
    for (std::size_t item = 0; item < 3; ++item) {
      const auto begin = x.begin() + static_cast<std::ptrdiff_t>(item * 45);
      const std::vector<float> expected = reference(synthetic, {begin, begin + 45});
      CHECK(relativeRms(std::span(out).subspan(item * 180, 180), expected) < kTolerance);
    }
  }

  TEST_CASE("misuse of a recurrent layer is refused") {
    Synthetic synthetic({RecurrentCell::kLstm, 4, 6, 1, false});
    const auto create = [&] { return Recurrent::create(synthetic.shape, synthetic.parameters()); };
    Recurrent layer = create().value();
    std::vector<float> x(40);
    std::vector<float> out(60);
    CHECK_FALSE(layer.process(x.data(), 1, out.data()).ok());
    CHECK_FALSE(layer.prepare(0, 1).ok());
    CHECK_FALSE(layer.prepare(1, 0).ok());
    REQUIRE(layer.prepare(1, 5).ok());
    CHECK(layer.process(x.data(), 5, out.data()).ok());
    CHECK_FALSE(layer.process(x.data(), 6, out.data()).ok());
    CHECK_FALSE(layer.process(x.data(), 0, out.data()).ok());

    synthetic.shape.hiddenSize = 0;
    CHECK(create().error().code == core::ErrorCode::kInvalidArgument);
    synthetic.shape.hiddenSize = 7;
    CHECK(create().error().code == core::ErrorCode::kModel);
    CHECK(create().error().message.find("weight_ih_l0") != std::string::npos);
    synthetic.shape.hiddenSize = 6;
    synthetic.shape.layers = 2;
    CHECK(create().error().message.find("weight_ih_l1") != std::string::npos);
    synthetic.shape.layers = 1;
    synthetic.values.pop_back();
    CHECK(create().error().message.find("bias_hh_l0") != std::string::npos);
    synthetic.values.pop_back();
    CHECK(create().ok());
  }
}
