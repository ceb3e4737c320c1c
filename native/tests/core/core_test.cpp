#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "core/arena.h"
#include "core/background.h"
#include "core/background_thread.h"
#include "core/half.h"
#include "core/result.h"
#include "core/spsc_ring.h"
#include "core/tensor.h"
#include "core/thread_pool.h"

namespace stemwright::core {

TEST_SUITE("core") {
  TEST_CASE("a pool runs each index once, whatever its size") {
    for (unsigned threads : {1u, 2u, 5u}) {
      ThreadPool pool(threads);
      CHECK(pool.size() == threads);
      for (std::size_t count : {0u, 1u, 3u, 1000u}) {
        std::vector<std::atomic<int>> hits(count);
        std::atomic<bool> workerInRange{true};
        pool.parallelFor(count, [&](std::size_t index, unsigned worker) {
          ++hits[index];
          if (worker >= threads) workerInRange = false;
        });
        CHECK(workerInRange);
        for (const auto& hit : hits) CHECK(hit == 1);
      }
    }
  }

  TEST_CASE("a pool in the background gives way, and leaves a core to whoever reserves it") {
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    ThreadPool pool(cores + 1, ThreadPool::Priority::kBackground);
    const auto workersOf = [&pool] {
      std::mutex mutex;
      std::set<unsigned> workers;
      pool.parallelFor(200, [&](std::size_t, unsigned worker) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        const std::lock_guard lock(mutex);
        workers.insert(worker);
#if defined(__linux__)
        if (worker == 0) return;
        CHECK(getpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid))) >= 10);
#endif
      });
      return workers;
    };
    CHECK(backgroundThreads() == cores);
    CHECK(*workersOf().rbegin() < cores);
    {
      const CoreReservation reservation;
      CHECK(backgroundThreads() == std::max(1u, cores - 1));
      CHECK(*workersOf().rbegin() < std::max(1u, cores - 1));
    }
    CHECK(backgroundThreads() == cores);
  }

  TEST_CASE("a raised flag ends a loop early, and the pool can be used again") {
    for (unsigned threads : {1u, 3u}) {
      ThreadPool pool(threads);
      CancelFlag cancel;
      pool.cancelOn(&cancel);
      std::atomic<std::size_t> ran{0};
      pool.parallelFor(100000, [&](std::size_t, unsigned) {
        if (++ran == 10) cancel.request();
      });
      CHECK(ran < 100);
      pool.cancelOn(nullptr);
      ran = 0;
      pool.parallelFor(50, [&](std::size_t, unsigned) { ++ran; });
      CHECK(ran == 50);
    }
  }

  TEST_CASE("a ring hands everything over in order, across threads") {
    SpscRing<std::uint32_t> ring(37);
    CHECK(ring.capacity() == 64);
    constexpr std::uint32_t kCount = 200000;
    std::thread producer([&] {
      for (std::uint32_t i = 0; i < kCount;) {
        if (ring.push(i)) {
          ++i;
        } else {
          std::this_thread::yield();
        }
      }
    });
    std::uint32_t expected = 0;
    std::vector<std::uint32_t> taken(17);
    bool inOrder = true;
    while (expected < kCount) {
      const std::size_t count = ring.read(taken);
      if (count == 0) std::this_thread::yield();
      for (std::size_t i = 0; i < count; ++i) inOrder = inOrder && taken[i] == expected++;
    }
    producer.join();
    CHECK(inOrder);
    CHECK(ring.available() == 0);
  }

  TEST_CASE("a full ring takes what fits and says how much") {
    SpscRing<int> ring(4);
    const std::vector<int> six{1, 2, 3, 4, 5, 6};
    CHECK(ring.write(six) == 4);
    CHECK_FALSE(ring.push(7));
    std::vector<int> out(6);
    CHECK(ring.read(out) == 4);
    CHECK(out[3] == 4);
    int none = 0;
    CHECK_FALSE(ring.pop(none));
  }

  TEST_CASE("an arena measured once fits exactly, and scopes give memory back") {
    const auto use = [](Arena& arena) {
      float* first = arena.take<float>(3);
      float* inner = nullptr;
      {
        Arena::Scope scope(arena);
        inner = arena.take<float>(100);
      }
      float* again = arena.take<float>(50);
      return std::pair(first, inner == again);
    };
    Arena measure = Arena::measure();
    CHECK(use(measure).first == nullptr);
    CHECK(measure.peak() == 64 + 448);
    Arena arena(measure.peak());
    const auto [first, reused] = use(arena);
    REQUIRE(first != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(first) % kAlignment == 0);
    CHECK(reused);
    CHECK(arena.take<float>(1000) == nullptr);
  }

  TEST_CASE("a buffer that no memory could hold is bad_alloc, and a moved one is empty") {
    CHECK_THROWS_AS(AlignedBuffer<float>(SIZE_MAX), std::bad_alloc);
    CHECK_THROWS_AS(AlignedBuffer<float>(SIZE_MAX / sizeof(float) + 2), std::bad_alloc);
    AlignedBuffer<float> from(3);
    AlignedBuffer<float> to(std::move(from));
    CHECK(to.size() == 3);
    CHECK(from.empty());
    from = std::move(to);
    CHECK(from.size() == 3);
    CHECK(to.data() == nullptr);
  }

  TEST_CASE("a thread in the background ends a piece before its next, and passes its fault on") {
    std::atomic<int> done{0};
    {
      BackgroundThread thread;
      CHECK(thread.wait().ok());
      for (int piece = 0; piece < 100; ++piece) {
        thread.start([&done, piece]() -> Status {
          done = piece;
          return {};
        });
        REQUIRE(thread.wait().ok());
        REQUIRE(done == piece);
      }
      thread.start([]() -> Status { return Error{ErrorCode::kNoRoom, "full"}; });
      CHECK(thread.wait().error().message == "full");
      CHECK(thread.wait().ok());
      thread.start([]() -> Status { throw std::bad_alloc(); });
      CHECK_THROWS_AS(static_cast<void>(thread.wait()), std::bad_alloc);
      thread.start([&done]() -> Status {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        done = -1;
        return {};
      });
    }
    CHECK(done == -1);
  }

  TEST_CASE("half precision numbers widen exactly") {
    CHECK(halfToFloat(0x3c00) == 1.0f);
    CHECK(halfToFloat(0xc000) == -2.0f);
    CHECK(halfToFloat(0x7bff) == 65504.0f);
    CHECK(halfToFloat(0x0001) == 0x1p-24f);
    CHECK(halfToFloat(0x83ff) == -0x1.ff8p-15f);
    CHECK(halfToFloat(0x0400) == 0x1p-14f);
    CHECK(std::isinf(halfToFloat(0x7c00)));
    CHECK(std::isnan(halfToFloat(0x7e01)));
    CHECK(std::signbit(halfToFloat(0x8000)));
    CHECK(bfloat16ToFloat(0x3f80) == 1.0f);
    CHECK(bfloat16ToFloat(0xc2f7) == -123.5f);
  }

  TEST_CASE("shapes, strides and tensors") {
    Tensor tensor({2, 3, 5});
    CHECK(tensor.size() == 30);
    CHECK(tensor.stride(0) == 15);
    CHECK(tensor.stride(2) == 1);
    CHECK(tensor.shape() == Shape{2, 3, 5});
    CHECK_FALSE(tensor.shape() == Shape{2, 3});
    CHECK(reinterpret_cast<std::uintptr_t>(tensor.data()) % kAlignment == 0);
    CHECK(Tensor(Shape{0, 4}).size() == 0);
  }

  TEST_CASE("a result carries a value or what went wrong") {
    const auto half = [](int x) -> Result<int> {
      if (x % 2 != 0) return Error{ErrorCode::kInvalidArgument, "odd"};
      return x / 2;
    };
    const auto quarter = [&](int x) -> Result<int> {
      STEMWRIGHT_TRY(half(x));
      return half(half(x).value());
    };
    CHECK(quarter(12).value() == 3);
    CHECK(quarter(6).error().message == "odd");
    CHECK_FALSE(quarter(5).ok());
  }
}

}  // namespace stemwright::core
