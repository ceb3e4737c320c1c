#include "core/cpu_executor.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "tests/support/allocations.h"

namespace stemwright {
namespace {

using core::CpuExecutor;
using core::Status;

constexpr std::size_t kSize = 64;
using Buffer = std::vector<float>;

Status addOne(std::span<const float> input, std::span<float> output) {
  for (std::size_t i = 0; i < input.size(); ++i) output[i] = input[i] + 1;
  return core::okStatus();
}

}  // namespace

TEST_SUITE("core") {
  TEST_CASE("three executions are in flight; a fourth is refused at once, until one has ended") {
    std::latch mayGo(1);
    std::atomic<int> ended{0};
    std::vector<float> order;
    std::vector<Buffer> outputs(4, Buffer(kSize));
    {
      CpuExecutor executor(kSize, kSize, [&](auto input, auto output) {
        mayGo.wait();
        order.push_back(input[0]);
        return addOne(input, output);
      });
      const auto attempt = [&](std::size_t index) {
        const Buffer input(kSize, static_cast<float>(index));
        // The input is copied: it is gone when the work begins.
        return executor.tryExecuteAsync(input, outputs[index], [&](const Status& status) {
          CHECK(status.ok());
          ++ended;
          ended.notify_all();
        });
      };
      CHECK(attempt(0));
      CHECK(attempt(1));
      CHECK(attempt(2));
      CHECK_FALSE(attempt(3));
      mayGo.count_down();
      ended.wait(0);
      const Buffer input(kSize, 3.0f);
      CHECK(executor.executeAsync(input, outputs[3], nullptr).ok());
    }
    CHECK(order == std::vector<float>{0, 1, 2, 3});
    for (std::size_t i = 0; i < 4; ++i)
      CHECK(outputs[i] == Buffer(kSize, static_cast<float>(1 + i)));
  }

  TEST_CASE("waiting is refused on the audio thread, trying neither waits nor allocates there") {
    std::atomic<bool> isDone{false};
    const Buffer input(kSize, 1.0f);
    Buffer output(kSize);
    CpuExecutor executor(kSize, kSize, addOne);
    {
      const core::AudioThreadScope audio;
      const Status refused = executor.executeAsync(input, output, nullptr);
      REQUIRE_FALSE(refused.ok());
      CHECK(refused.error().code == core::ErrorCode::kInvalidArgument);
      const std::size_t before = testing::allocations();
      CHECK(executor.tryExecuteAsync(input, output, [&isDone](const Status&) {
        isDone = true;
        isDone.notify_one();
      }));
      CHECK(testing::allocations() == before);
    }
    CHECK_FALSE(core::isAudioThread());
    isDone.wait(false);
    CHECK(output[0] == 2.0f);
  }

  TEST_CASE("sizes it was not made for are refused, faults of the work are told") {
    const Buffer input(kSize);
    Buffer output(kSize);
    CpuExecutor executor(kSize, kSize, [](auto, auto) -> Status {
      return core::Error{core::ErrorCode::kModel, "broken"};
    });
    CHECK_FALSE(executor.tryExecuteAsync({input.data(), 3}, output, nullptr));
    CHECK_FALSE(executor.executeAsync(input, {output.data(), 3}, nullptr).ok());
    std::atomic<int> code{-1};
    CHECK(executor
              .executeAsync(input, output,
                            [&](const Status& status) {
                              code = static_cast<int>(status.error().code);
                              code.notify_one();
                            })
              .ok());
    code.wait(-1);
    CHECK(code == static_cast<int>(core::ErrorCode::kModel));
  }

  TEST_CASE("many threads share the slots, and each gets its own result") {
    constexpr int kThreads = 4;
    constexpr int kRounds = 200;
    CpuExecutor executor(kSize, kSize, addOne);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int round = 0; round < kRounds; ++round) {
          const Buffer input(kSize, static_cast<float>(t * 1000 + round));
          Buffer output(kSize);
          std::atomic<bool> isDone{false};
          const Status status = executor.executeAsync(input, output, [&](const Status&) {
            isDone = true;
            isDone.notify_one();
          });
          if (!status.ok()) ++wrong;
          isDone.wait(false);
          if (output != Buffer(kSize, input[0] + 1)) ++wrong;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
  }
}

}  // namespace stemwright
