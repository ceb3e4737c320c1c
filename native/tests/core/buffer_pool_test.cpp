#include "core/buffer_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/allocations.h"

namespace stemwright {

TEST_SUITE("core") {
  TEST_CASE("a pool hands out each buffer once, aligned, and counts what it could not give") {
    core::BufferPool pool(100, 3);
    std::set<float*> taken;
    for (int i = 0; i < 3; ++i) {
      float* buffer = pool.acquire();
      REQUIRE(buffer != nullptr);
      CHECK(reinterpret_cast<std::uintptr_t>(buffer) % 64 == 0);
      for (std::size_t s = 0; s < pool.size(); ++s) buffer[s] = static_cast<float>(i);
      taken.insert(buffer);
    }
    CHECK(taken.size() == 3);
    CHECK(pool.acquire() == nullptr);
    CHECK(pool.exhausted() == 1);
    pool.release(nullptr);
    CHECK(pool.acquire() == nullptr);
    pool.release(*taken.begin());
    CHECK(pool.acquire() == *taken.begin());
    CHECK(core::BufferPool(8, 0).acquire() == nullptr);
  }

  TEST_CASE("threads never hold the same buffer, and every buffer comes back") {
    constexpr unsigned kThreads = 4;
    constexpr int kRounds = 20'000;
    core::BufferPool pool(16, 6);
    std::atomic<std::uint64_t> clashes{0};
    std::vector<std::thread> threads;
    for (unsigned id = 0; id < kThreads; ++id) {
      threads.emplace_back([&, id] {
        const float mark = static_cast<float>(id + 1);
        for (int round = 0; round < kRounds; ++round) {
          float* first = pool.acquire();
          float* second = pool.acquire();
          for (float* buffer : {first, second}) {
            if (buffer == nullptr) continue;
            for (std::size_t s = 0; s < pool.size(); ++s) buffer[s] = mark;
          }
          for (float* buffer : {first, second}) {
            if (buffer == nullptr) continue;
            for (std::size_t s = 0; s < pool.size(); ++s) clashes += buffer[s] != mark;
            pool.release(buffer);
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(clashes == 0);
    std::set<float*> back;
    while (float* buffer = pool.acquire()) back.insert(buffer);
    CHECK(back.size() == pool.count());
  }

  TEST_CASE("taking and giving back allocates nothing") {
    core::BufferPool pool(64, 2);
    const std::size_t before = testing::allocations();
    for (int i = 0; i < 100; ++i) pool.release(pool.acquire());
    CHECK(testing::allocations() == before);
  }
}

}  // namespace stemwright
