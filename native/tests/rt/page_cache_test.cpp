#include "rt/page_cache.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "core/memory_usage.h"

using stemwright::rt::PageCache;

namespace {

const auto kNone = [](PageCache::Page) { return false; };
const auto kAll = [](PageCache::Page) { return true; };

template <typename IsWanted>
void put(PageCache& cache, PageCache::Page page, float value, IsWanted isWanted) {
  float* const samples = cache.take(isWanted);
  REQUIRE(samples != nullptr);
  std::fill_n(samples, cache.tracks() * 2 * PageCache::kPageFrames, value);
  cache.publish(page);
}

}  // namespace

TEST_SUITE("rt") {
  TEST_CASE("a page that is held is neither replaced nor changed") {
    PageCache cache(2, 3);
    for (int page = 0; page < 3; ++page) put(cache, page, static_cast<float>(page), kNone);
    CHECK(cache.hold(3) == nullptr);
    const float* const held = cache.hold(0);
    REQUIRE(held != nullptr);
    CHECK(cache.hold(0) == held);
    put(cache, 7, 7, kNone);
    put(cache, 8, 8, [](PageCache::Page page) { return page == 7; });
    CHECK(held[100] == 0);
    CHECK(cache.has(0));
    CHECK_FALSE(cache.has(1));
    CHECK_FALSE(cache.has(2));
    cache.release();
    CHECK(cache.take(kAll) == nullptr);
    put(cache, 9, 9, kNone);
    CHECK(cache.hold(9)[4 * PageCache::kPageFrames - 1] == 9);
  }

  TEST_CASE("memory is given back but for what is wanted or held, and comes again") {
    PageCache cache(2, 4);
    constexpr std::size_t kBytes = 2 * 2 * PageCache::kPageFrames * sizeof(float);
    const auto sound = [] {
      const auto owner = static_cast<std::size_t>(stemwright::core::MemoryOwner::kSound);
      return stemwright::core::memoryUsage().owners[owner].current;
    };
    const std::size_t whole = sound();
    for (int page = 0; page < 3; ++page) put(cache, page, static_cast<float>(page), kNone);
    const float* const held = cache.hold(1);
    CHECK(cache.shrink([](PageCache::Page page) { return page == 2; }) == 2 * kBytes);
    CHECK(sound() == whole - 2 * kBytes);
    CHECK(held[100] == 1);
    CHECK_FALSE(cache.has(0));
    CHECK(cache.has(2));
    CHECK(cache.shrink(kAll) == 0);
    put(cache, 5, 5, kAll);
    put(cache, 6, 6, kAll);
    CHECK(cache.hold(6)[0] == 6);
    CHECK(sound() == whole);
  }

  TEST_CASE("an outdated page is heard until it is there anew") {
    PageCache cache(1, 4);
    put(cache, 5, 1, kNone);
    cache.outdate(5, 6);
    CHECK_FALSE(cache.has(5));
    CHECK(cache.hold(5)[0] == 1);  // held while the new one comes
    float* const samples = cache.take(kAll);
    REQUIRE(samples != nullptr);
    samples[0] = 2;
    cache.publish(5);
    CHECK(cache.has(5));
    cache.release();
    cache.sweep();
    CHECK(cache.hold(5)[0] == 2);
  }

  TEST_CASE("what was held a block ago is neither replaced nor dropped: sound may fade out there") {
    PageCache cache(1, 2);
    put(cache, 0, 0, kNone);
    put(cache, 1, 1, kNone);
    REQUIRE(cache.hold(0) != nullptr);
    cache.release();
    put(cache, 7, 7, kNone);
    CHECK(cache.has(0));
    CHECK_FALSE(cache.has(1));
    cache.drop(0);
    CHECK_FALSE(cache.has(0));
    CHECK(cache.hold(0) != nullptr);
    cache.release();
    cache.release();
    put(cache, 8, 8, [](PageCache::Page page) { return page == 7; });
    CHECK(cache.hold(0) == nullptr);
  }

  TEST_CASE("a reader that fills and an audio thread that holds never see half a page") {
    PageCache cache(1, 6);
    std::atomic<bool> stopping{false};
    std::thread reader([&] {
      for (PageCache::Page page = 0; !stopping; page = (page + 1) % 50) {
        if (cache.has(page)) continue;
        float* const samples = cache.take([&](PageCache::Page there) { return there > page; });
        if (samples == nullptr) continue;
        std::fill_n(samples, 2 * PageCache::kPageFrames, static_cast<float>(page));
        cache.publish(page);
      }
    });
    std::size_t seen = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (PageCache::Page round = 0; seen < 2000 && std::chrono::steady_clock::now() < end;
         ++round) {
      const PageCache::Page page = round % 50;
      if (const float* const samples = cache.hold(page)) {
        ++seen;
        REQUIRE(samples[0] == static_cast<float>(page));
        REQUIRE(samples[2 * PageCache::kPageFrames - 1] == static_cast<float>(page));
      }
      cache.release();
    }
    stopping = true;
    reader.join();
    CHECK(seen == 2000);
  }
}
