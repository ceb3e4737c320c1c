#pragma once

#include <cstdio>
#include <string>

#include "bench/measure.h"

/// What the programs that measure us beside a rival share.
namespace stemwright::peers {

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

/// Ours for so long in turn with theirs. @return ours first
inline bench::Pair inTurn(const std::function<void()>& ours, const std::function<void()>& theirs,
                          double seconds) {
  const core::CancelFlag never;
  return bench::measureInTurn(ours, theirs, seconds, never);
}

/// Ours times `scale`, and ours over theirs.
inline void print(const std::string& name, const char* unit, double scale, const bench::Pair& sides,
                  const std::string& peer) {
  const bench::Timing& ours = sides.first;
  print(name, unit, {scale * ours.median, scale * ours.low, scale * ours.high, ours.runs},
        ours.median / sides.second.median, peer);
}

}  // namespace stemwright::peers
