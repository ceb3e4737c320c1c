#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "bench/measure.h"

/// What the programs that measure us beside a rival share.
namespace stemwright::peers {

/// Two sides' figures of the same rounds.
struct Rounds {
  std::vector<double> ours;
  std::vector<double> theirs;
};

/// Runs each piece of work in batches of about 0.2 ms, in turn, for at least `seconds`. @return
/// seconds of one call
inline Rounds inTurn(const std::function<void()>& ours, const std::function<void()>& theirs,
                     double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const auto timed = [&](const std::function<void()>& work, int repeats) {
    const auto start = Clock::now();
    for (int i = 0; i < repeats; ++i) work();
    return since(start) / repeats;
  };
  const auto repeatsOf = [&](const std::function<void()>& work) {
    timed(work, 3);  // to warm up
    return static_cast<int>(std::clamp(std::ceil(2e-4 / timed(work, 3)), 1.0, 1e5));
  };
  const int repeatsOfOurs = repeatsOf(ours);
  const int repeatsOfTheirs = repeatsOf(theirs);
  Rounds rounds;
  for (const auto begin = Clock::now(); rounds.ours.size() < 15 || since(begin) < seconds;) {
    rounds.ours.push_back(timed(ours, repeatsOfOurs));
    rounds.theirs.push_back(timed(theirs, repeatsOfTheirs));
  }
  return rounds;
}

/// One entry as `stemwright bench --json` has them, on a line.
inline void print(const std::string& name, const char* unit, const bench::Timing& ours,
                  double ratio, const std::string& peer) {
  std::printf(
      "{\"name\":\"%s\",\"unit\":\"%s\",\"median\":%.6g,\"low\":%.6g,\"high\":%.6g,\"noise\":%.4g,"
      "\"allocations\":null,\"peer\":\"%s\",\"ratio\":%.4g}\n",
      name.c_str(), unit, ours.median, ours.low, ours.high,
      (ours.high - ours.low) / 2 / ours.median, peer.c_str(), ratio);
  std::fflush(stdout);
}

/// The medians of rounds, ours times `scale`, and ours over theirs.
inline void print(const std::string& name, const char* unit, double scale, const Rounds& rounds,
                  const std::string& peer) {
  const bench::Timing ours = bench::summarise(rounds.ours);
  print(name, unit, {scale * ours.median, scale * ours.low, scale * ours.high, ours.runs},
        ours.median / bench::summarise(rounds.theirs).median, peer);
}

}  // namespace stemwright::peers
