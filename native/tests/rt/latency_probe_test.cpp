#include "rt/latency_probe.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <vector>

#include "tests/pcm/test_tracks.h"
#include "tests/support/realtime_trap.h"

using stemwright::rt::LatencyProbe;

namespace {

/// What the probe finds over a way that delays by `lag`, at `gain`, with noise as loud as −40 dBFS.
/// Blocks are of any size, and what else there is to play is a constant.
std::optional<std::size_t> found(LatencyProbe& probe, std::size_t lag, float gain) {
  REQUIRE(probe.start());
  CHECK_FALSE(probe.start());
  std::mt19937 random(2);
  std::vector<float> way(lag, 0.0f);
  float loudest = 0;
  float steepest = 0;
  float last = 0.5f;
  const auto before = stemwright::testing::offences();
  for (int i = 0; i < 4000 && probe.isRunning(); ++i) {
    const std::size_t frames = 1 + random() % (i % 8 == 0 ? 8192 : 200);
    std::vector<float> out(frames, 0.5f);
    std::vector<float> in = noise(frames, static_cast<std::uint32_t>(i), 0.01f);
    // Of what comes back within the block nothing is known yet: the way is longer than that.
    for (std::size_t k = 0; k < std::min(frames, way.size()); ++k) in[k] += gain * way[k];
    const float* const input[] = {in.data()};
    float* const output[] = {out.data()};
    {
      const stemwright::testing::RealtimeTrap trap;
      probe.process(input, 1, output, 1, frames);
    }
    way.insert(way.end(), out.begin(), out.end());
    way.erase(way.begin(), way.begin() + static_cast<std::ptrdiff_t>(frames));
    for (const float value : out) {
      loudest = std::max(loudest, std::abs(value));
      steepest = std::max(steepest, std::abs(value - last));
      last = value;
    }
  }
  CHECK(stemwright::testing::offences() == before);
  REQUIRE_FALSE(probe.isRunning());
  CHECK(last == 0.5f);
  CHECK(loudest == 0.5f);
  CHECK(steepest <= 0.5f);
  return probe.lag();
}

}  // namespace

TEST_SUITE("rt") {
  TEST_CASE("the way from the output to the input is found to the frame, and noise is no way") {
    LatencyProbe probe(48000);
    CHECK_FALSE(probe.lag());
    CHECK(found(probe, 8192, 1) == 8192u);
    CHECK(found(probe, 9001, 0.1f) == 9001u);
    CHECK(found(probe, 60'000, -0.5f) == 60'000u);
    CHECK_FALSE(found(probe, 9001, 0).has_value());
  }
}
