#include "gpu/recurrent.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "nn/recurrent.h"
#include "tests/gpu/reference.h"

namespace stemwright {
namespace {

using namespace testing;

}  // namespace

TEST_SUITE("gpu") {
  TEST_CASE("LSTM and GRU, steps and sequences, equal the scalar ones and keep their state") {
    struct Case {
      bool isGru;
      std::size_t input, hidden, layers;
      bool isBidirectional;
      std::size_t batch, steps;
    };
    for (const Case& c :
         {Case{false, 1, 1, 1, false, 1, 1}, Case{false, 7, 37, 2, false, 3, 5},
          Case{true, 7, 37, 2, false, 3, 5}, Case{false, 20, 131, 1, true, 1, 9},
          Case{true, 20, 131, 2, true, 2, 4}, Case{true, 64, 256, 1, false, 1, 1}}) {
      CAPTURE(c.hidden);
      CAPTURE(c.isGru);
      std::map<std::string, std::vector<float>> values;
      const auto parameters =
          [&](const std::string& name) -> std::optional<std::span<const float>> {
        const bool isInput = name.find("_ih") != std::string::npos;
        const bool isFirst = name.find("_l0") != std::string::npos;
        const std::size_t width = isFirst ? c.input : (c.isBidirectional ? 2 : 1) * c.hidden;
        const std::size_t depth = name.starts_with("bias") ? 1 : isInput ? width : c.hidden;
        auto [found, isNew] = values.try_emplace(name);
        if (isNew) {
          found->second = noiseOf((c.isGru ? 3 : 4) * c.hidden * depth,
                                  static_cast<std::uint32_t>(values.size()));
          for (float& value : found->second) value *= 0.3f;
        }
        return found->second;
      };
      auto reference = valueOf(
          nn::Recurrent::create({c.isGru ? nn::RecurrentCell::kGru : nn::RecurrentCell::kLstm,
                                 c.input, c.hidden, c.layers, c.isBidirectional},
                                parameters, scalar()));
      testing::require(reference.prepare(c.batch, c.steps));
      const auto recurrent = valueOf(gpu::Recurrent::create(
          *testDevice(), {c.isGru, c.input, c.hidden, c.layers, c.isBidirectional}, parameters,
          c.batch, c.steps));
      for (std::uint32_t round = 0; round < 3; ++round) {
        if (round == 2) {
          reference.resetState();
          testing::require(recurrent->resetState());
        }
        const auto x = noiseOf(recurrent->inputSize(), round + 100);
        std::vector<float> out(recurrent->outputSize(), NAN);
        std::vector<float> expected(out.size());
        testing::require(recurrent->process(x, out));
        testing::require(reference.process(x.data(), c.steps, expected.data()));
        CHECK(worstError(out, expected) < 1e-5);
      }
    }
    const auto none = [](const std::string&) { return std::optional<std::span<const float>>(); };
    CHECK_FALSE(gpu::Recurrent::create(*testDevice(), {false, 1, 1, 1, false}, none, 1, 1).ok());
    CHECK_FALSE(gpu::Recurrent::create(*testDevice(), {false, 1, 1025, 1, false}, none, 1, 1).ok());
    const std::vector<float> notNumbers(4, NAN);
    const auto broken = [&](const std::string& name) {
      return name.starts_with("weight") ? std::optional<std::span<const float>>(notNumbers)
                                        : std::nullopt;
    };
    const auto made = gpu::Recurrent::create(*testDevice(), {false, 1, 1, 1, false}, broken, 1, 1);
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().code == core::ErrorCode::kModel);
    CHECK(made.error().message.find("no numbers") != std::string::npos);
  }
}

}  // namespace stemwright
