#include "dsp/overlap_add.h"

#include <doctest/doctest.h>

#include <vector>

#include "dsp/fft.h"
#include "dsp/window.h"

namespace stemwright {

TEST_SUITE("dsp") {
  TEST_CASE("the hops at which windows add up") {
    const auto hann = dsp::hannWindow(2048);
    const auto blackman = dsp::blackmanWindow(2048);
    for (const std::size_t hop : {1024u, 512u, 256u}) CHECK(dsp::addsUp(hann, hop));
    CHECK(dsp::addsUp(dsp::hammingWindow(2048), 1024));
    CHECK(dsp::addsUp(blackman, 512));
    CHECK_FALSE(dsp::addsUp(blackman, 1024));
    CHECK_FALSE(dsp::addsUp(hann, 1025));
    CHECK_FALSE(dsp::addsUp(hann, 1500));
    // Windowed twice, half overlap is too little.
    CHECK_FALSE(dsp::addsUp(hann, 1024, 2));
    CHECK(dsp::addsUp(hann, 512, 2));
    CHECK_FALSE(dsp::addsUp(hann, 0));
    CHECK_FALSE(dsp::addsUp(std::vector<float>(8, 0.0f), 4));
  }

  TEST_CASE("batches shared among threads are the single transforms") {
    for (const std::size_t n : {64u, 1024u, 3000u, 32768u}) {  // one run, one a worker, several
      const dsp::RealFft fft = dsp::RealFft::create(n).value();
      constexpr std::size_t kCount = 37;
      const std::size_t width = 2 * fft.bins();
      std::vector<float> x(kCount * n);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 7919 % 1000) - 500;
      std::vector<float> expected(kCount * width), got(kCount * width), back(kCount * n);
      core::ThreadPool pool(3);
      core::AlignedBuffer<float> scratch(fft.batchScratchSize(pool.size()));
      fft.forwardBatch(kCount, x.data(), n, expected.data(), width, scratch.data());
      fft.forwardBatch(kCount, x.data(), n, got.data(), width, scratch.data(), pool);
      CHECK(got == expected);
      fft.inverseBatch(kCount, got.data(), width, back.data(), n, scratch.data(), pool);
      CHECK(back[5 * n + 3] == doctest::Approx(x[5 * n + 3]).epsilon(1e-4));
    }
  }

  TEST_CASE("a fast size holds what it must and is no larger than the next power of two") {
    CHECK(dsp::fastFftSize(4096) == 4096);
    CHECK(dsp::fastFftSize(1) == 2);
    for (const std::size_t n : {3000u, 4097u, 5000u, 700u}) {
      const std::size_t size = dsp::fastFftSize(n);
      CAPTURE(size);
      CHECK(size >= n);
      CHECK(size < 2 * n);
      CHECK(dsp::RealFft::create(size).ok());
      CHECK(dsp::fastFftSize(n) == size);
    }
  }
}

}  // namespace stemwright
