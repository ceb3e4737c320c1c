#include "dsp/rhythm.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace stemwright::dsp {
namespace {

constexpr double kUsualBpm = 120;
/// Octaves by which tempos deviate from that.
constexpr double kSpread = 0.9;
constexpr double kSlowestBpm = 40, kFastestBpm = 240;
/// What a beat that comes early or late costs against a strong onset.
constexpr double kTightness = 100;
constexpr double kLeastConfidence = 0.03;

using Profile = std::array<double, 12>;
constexpr Profile kMajor{5, 2, 3.5, 2, 4.5, 4, 2, 4.5, 2, 3.5, 1.5, 4};
constexpr Profile kMinor{5, 2, 3.5, 4.5, 2, 4, 2, 4.5, 3.5, 2, 1.5, 4};

/// Without its mean, as strong as noise of deviation 1.
std::vector<double> normalised(std::span<const float> x) {
  std::vector<double> out(x.begin(), x.end());
  const double mean = std::accumulate(out.begin(), out.end(), 0.0) / static_cast<double>(x.size());
  double energy = 0;
  for (double& value : out) {
    value -= mean;
    energy += value * value;
  }
  const double deviation = std::sqrt(energy / static_cast<double>(x.size()));
  for (double& value : out) value = deviation > 0 ? value / deviation : 0;
  return out;
}

std::vector<double> autocorrelation(const std::vector<double>& x, std::size_t most) {
  std::vector<double> out(most + 1);
  for (std::size_t lag = 0; lag <= most && lag < x.size(); ++lag) {
    double sum = 0;
    for (std::size_t i = lag; i < x.size(); ++i) sum += x[i] * x[i - lag];
    out[lag] = sum / static_cast<double>(x.size());
  }
  return out;
}

/// Each frame with its neighbours, under a bell of this many frames.
std::vector<double> smoothed(const std::vector<double>& x, double width) {
  const auto reach = static_cast<std::ptrdiff_t>(std::ceil(3 * width));
  std::vector<double> bell;
  for (std::ptrdiff_t i = -reach; i <= reach; ++i) {
    const double at = static_cast<double>(i) / width;
    bell.push_back(std::exp(-0.5 * at * at));
  }
  std::vector<double> out(x.size());
  const auto size = static_cast<std::ptrdiff_t>(x.size());
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    for (std::ptrdiff_t j = std::max<std::ptrdiff_t>(-reach, -i);
         j <= std::min(reach, size - 1 - i); ++j) {
      out[static_cast<std::size_t>(i)] +=
          bell[static_cast<std::size_t>(j + reach)] * x[static_cast<std::size_t>(i + j)];
    }
  }
  return out;
}

/// Where a peak lies between the frames. @return −0.5 to 0.5
double peakShift(double before, double peak, double after) {
  const double bend = before - 2 * peak + after;
  return bend < 0 ? std::clamp(0.5 * (before - after) / bend, -0.5, 0.5) : 0;
}

struct Chain {
  std::vector<double> score;
  std::vector<std::ptrdiff_t> before;
};

/// For each frame the best row of beats that ends there.
Chain chainBeats(const std::vector<double>& strength, double period) {
  const auto size = static_cast<std::ptrdiff_t>(strength.size());
  Chain chain{std::vector<double>(strength.size()),
              std::vector<std::ptrdiff_t>(strength.size(), -1)};
  const auto nearest = static_cast<std::ptrdiff_t>(std::lround(period / 2));
  const auto furthest = static_cast<std::ptrdiff_t>(std::lround(period * 2));
  std::vector<double> cost(static_cast<std::size_t>(furthest + 1));
  for (std::ptrdiff_t lag = std::max<std::ptrdiff_t>(nearest, 1); lag <= furthest; ++lag) {
    const double off = std::log(static_cast<double>(lag) / period);
    cost[static_cast<std::size_t>(lag)] = kTightness * off * off;
  }
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    double best = 0;
    std::ptrdiff_t from = -1;
    for (std::ptrdiff_t lag = std::max<std::ptrdiff_t>(nearest, 1); lag <= std::min(furthest, i);
         ++lag) {
      const double score =
          chain.score[static_cast<std::size_t>(i - lag)] - cost[static_cast<std::size_t>(lag)];
      if (score > best) {
        best = score;
        from = i - lag;
      }
    }
    chain.score[static_cast<std::size_t>(i)] = strength[static_cast<std::size_t>(i)] + best;
    chain.before[static_cast<std::size_t>(i)] = from;
  }
  return chain;
}

double correlation(const Profile& chroma, const Profile& profile, std::size_t tonic) {
  const auto mean = [](const Profile& x) { return std::accumulate(x.begin(), x.end(), 0.0) / 12; };
  const double a = mean(chroma), b = mean(profile);
  double product = 0, left = 0, right = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    const double x = chroma[(i + tonic) % 12] - a;
    const double y = profile[i] - b;
    product += x * y;
    left += x * x;
    right += y * y;
  }
  return left > 0 ? product / std::sqrt(left * right) : 0;
}

}  // namespace

std::optional<Tempo> findTempo(std::span<const float> onsets, double frameSeconds) {
  const auto slowest = static_cast<std::size_t>(60 / kSlowestBpm / frameSeconds);
  const auto fastest = static_cast<std::size_t>(60 / kFastestBpm / frameSeconds);
  if (onsets.size() < 2 * slowest) return std::nullopt;
  // A couple of frames wide, so that beats a little off still meet.
  const std::vector<double> x = smoothed(normalised(onsets), 0.02 / frameSeconds);
  const std::vector<double> repeats = autocorrelation(x, 3 * slowest + 1);
  std::size_t best = 0;
  double most = 0;
  for (std::size_t lag = fastest; lag <= slowest; ++lag) {
    const double octaves = std::log2(60 / (static_cast<double>(lag) * frameSeconds) / kUsualBpm);
    const double weight = std::exp(-0.5 * octaves * octaves / (kSpread * kSpread));
    const auto around = [&](std::size_t at) {
      return 0.5 * repeats[at] + 0.25 * (repeats[at - 1] + repeats[at + 1]);
    };
    const double metre = std::max(around(2 * lag), around(3 * lag));
    const double score = weight * (repeats[lag] + metre);
    if (score > most) {
      most = score;
      best = lag;
    }
  }
  const double confidence = best == 0 || repeats[0] <= 0 ? 0 : repeats[best] / repeats[0];
  if (confidence < kLeastConfidence) return std::nullopt;
  const double shift = peakShift(repeats[best - 1], repeats[best], repeats[best + 1]);
  return Tempo{60 / ((static_cast<double>(best) + shift) * frameSeconds),
               std::min(1.0, confidence)};
}

std::vector<double> trackBeats(std::span<const float> onsets, double frameSeconds, double bpm) {
  const double period = 60 / bpm / frameSeconds;
  if (static_cast<double>(onsets.size()) < 2 * period || period < 2) return {};
  const std::vector<double> strength = smoothed(normalised(onsets), period / 32);
  const Chain chain = chainBeats(strength, period);
  // The row ends with the best beat of the last period or so.
  const auto tail = static_cast<std::ptrdiff_t>(std::lround(1.5 * period));
  const auto end = std::max_element(chain.score.end() - std::min(tail, std::ssize(chain.score)),
                                    chain.score.end());
  std::vector<std::size_t> row;
  for (std::ptrdiff_t at = end - chain.score.begin(); at >= 0;
       at = chain.before[static_cast<std::size_t>(at)]) {
    row.push_back(static_cast<std::size_t>(at));
  }
  std::reverse(row.begin(), row.end());
  // Before the first onset and after the last there is nothing to tap to.
  double energy = 0;
  for (const std::size_t at : row) energy += strength[at] * strength[at];
  const double least = 0.25 * std::sqrt(energy / static_cast<double>(row.size()));
  const auto sounds = [&](std::size_t at) { return strength[at] > least; };
  const auto first = std::find_if(row.begin(), row.end(), sounds);
  const auto last = std::find_if(row.rbegin(), row.rend(), sounds).base();
  std::vector<double> beats;
  for (auto it = first; it < last; ++it) {
    const std::size_t at = *it;
    const bool isInside = at > 0 && at + 1 < strength.size();
    const double shift = isInside ? peakShift(strength[at - 1], strength[at], strength[at + 1]) : 0;
    beats.push_back(static_cast<double>(at) + shift);
  }
  return beats;
}

double tempoOf(std::span<const double> beats) {
  const auto count = static_cast<double>(beats.size());
  const double middle = (count - 1) / 2;
  const double mean = std::accumulate(beats.begin(), beats.end(), 0.0) / count;
  double product = 0, spread = 0;
  for (std::size_t i = 0; i < beats.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    product += x * (beats[i] - mean);
    spread += x * x;
  }
  return 60 * spread / product;
}

std::optional<Key> findKey(const std::array<double, 12>& chroma) {
  Key best;
  double most = 0, second = 0;
  for (std::size_t tonic = 0; tonic < 12; ++tonic) {
    for (const bool isMinor : {false, true}) {
      const double fit = correlation(chroma, isMinor ? kMinor : kMajor, tonic);
      if (fit > most) {
        second = most;
        most = fit;
        best = {tonic, isMinor, 0};
      } else {
        second = std::max(second, fit);
      }
    }
  }
  constexpr double kLeastFit = 0.3;
  if (most < kLeastFit) return std::nullopt;
  best.confidence = std::clamp((most - second) / most, 0.0, 1.0);
  return best;
}

}  // namespace stemwright::dsp
