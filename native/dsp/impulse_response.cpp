#include "dsp/impulse_response.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

namespace stemwright::dsp {
namespace {

using core::Error;
using core::ErrorCode;

constexpr double kMostPreDelay = 10;
constexpr double kLeastStretch = 0.25, kMostStretch = 4;

core::Status refuse(const std::string& what) {
  return Error{ErrorCode::kInvalidArgument, what};
}

core::Status check(const ImpulseResponse& original, const ResponseEdit& edit) {
  const std::size_t channels = original.channels.size();
  if (channels != 1 && channels != 2 && channels != 4) {
    return refuse("an impulse response has 1, 2 or 4 channels, not " + std::to_string(channels));
  }
  const auto isWithin = [](double value, double least, double most) {
    return value >= least && value <= most;
  };
  const double seconds = static_cast<double>(original.frames()) / original.rate;
  if (!isWithin(edit.beginSeconds, 0, seconds)) {
    return refuse("a response begins within its length");
  }
  if (edit.endSeconds && !(*edit.endSeconds > edit.beginSeconds)) {
    return refuse("a response ends after it begins");
  }
  if (!isWithin(edit.stretch, kLeastStretch, kMostStretch)) {
    return refuse("a response is stretched by 0.25 to 4");
  }
  if (!isWithin(edit.attackSeconds, 0, 60) || (edit.decaySeconds && !(*edit.decaySeconds > 0))) {
    return refuse("attack and decay are times above 0");
  }
  if (!isWithin(edit.width, 0, 2)) return refuse("a width lies between 0 and 2");
  if (!isWithin(edit.preDelaySeconds, 0, kMostPreDelay)) {
    return refuse("a pre-delay lies between 0 and 10 s");
  }
  return core::okStatus();
}

std::size_t framesOf(double seconds, double rate) {
  return static_cast<std::size_t>(std::llround(seconds * rate));
}

void cut(ImpulseResponse& response, const ResponseEdit& edit) {
  const std::size_t begin = framesOf(edit.beginSeconds, response.rate);
  std::size_t end = response.frames();
  if (edit.endSeconds) {
    // Beyond the end there is nothing to cut, however far.
    const double wanted = std::min(*edit.endSeconds, static_cast<double>(end) / response.rate);
    end = std::min(end, framesOf(wanted, response.rate));
  }
  for (auto& channel : response.channels) {
    channel.resize(end);
    channel.erase(channel.begin(), channel.begin() + static_cast<std::ptrdiff_t>(begin));
  }
}

/// Windowed sinc; shrinking, below the new half rate.
std::vector<float> stretched(const std::vector<float>& x, double stretch) {
  constexpr double kReach = 24;
  const double cutoff = std::min(1.0, stretch);
  const double reach = kReach / cutoff;
  std::vector<float> out(std::max<std::size_t>(
      1, static_cast<std::size_t>(std::llround(static_cast<double>(x.size()) * stretch))));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double at = static_cast<double>(i) / stretch;
    const auto first = static_cast<std::size_t>(std::max(0.0, std::ceil(at - reach)));
    const auto last = static_cast<std::size_t>(
        std::min(static_cast<double>(x.size()) - 1, std::floor(at + reach)));
    double sum = 0;
    for (std::size_t j = first; j <= last; ++j) {
      const double distance = at - static_cast<double>(j);
      const double angle = std::numbers::pi * cutoff * distance;
      const double sinc = angle == 0 ? 1 : std::sin(angle) / angle;
      const double window = std::cos(std::numbers::pi / 2 * distance / (reach + 1));
      sum += static_cast<double>(x[j]) * cutoff * sinc * window * window;
    }
    out[i] = static_cast<float>(sum);
  }
  return out;
}

void shape(std::vector<float>& channel, double rate, const ResponseEdit& edit) {
  const std::size_t attack = framesOf(edit.attackSeconds, rate);
  for (std::size_t i = 0; i < std::min(attack, channel.size()); ++i) {
    channel[i] *= static_cast<float>(static_cast<double>(i) / static_cast<double>(attack));
  }
  if (!edit.decaySeconds) return;
  const double perFrame = -3 * std::numbers::ln10 / (*edit.decaySeconds * rate);
  for (std::size_t i = 0; i < channel.size(); ++i) {
    channel[i] *= static_cast<float>(std::exp(perFrame * static_cast<double>(i)));
  }
}

core::Status filter(ImpulseResponse& response, const ResponseEdit& edit) {
  std::vector<EqBand> bands;
  const double q = std::numbers::sqrt2 / 2;
  if (edit.lowCutHz) bands.push_back({{FilterKind::kHighPass, *edit.lowCutHz, q, 0}, true});
  if (edit.highCutHz) bands.push_back({{FilterKind::kLowPass, *edit.highCutHz, q, 0}, true});
  for (const EqBand& band : edit.bands) {
    if (band.isOn && band.filter.gainDb != 0) bands.push_back(band);
  }
  const auto curve = EqCurve::of(bands, response.rate);
  if (!curve.ok()) return curve.error();
  FilterBank bank(response.channels.size(), bands.size());
  for (std::size_t b = 0; b < bands.size(); ++b) bank.set(b, curve.value().bands[b]);
  std::vector<float*> channels;
  for (auto& channel : response.channels) channels.push_back(channel.data());
  bank.process(channels.data(), channels.data(), response.frames());
  return core::okStatus();
}

/// Each pair of outputs, left and right, as middle and side.
void widen(ImpulseResponse& response, double width) {
  for (std::size_t left = 0; left + 1 < response.channels.size(); left += 2) {
    auto& l = response.channels[left];
    auto& r = response.channels[left + 1];
    for (std::size_t i = 0; i < l.size(); ++i) {
      const float middle = (l[i] + r[i]) / 2;
      const float side = static_cast<float>(width) * (l[i] - r[i]) / 2;
      l[i] = middle + side;
      r[i] = middle - side;
    }
  }
}

/// BS.1770's two filters.
double weightedEnergy(const ImpulseResponse& response, std::vector<float> channel) {
  FilterBank bank(1, 2);
  const FilterDesign designs[] = {{FilterKind::kHighShelf, 1681.97, 0.7072, 4.0},
                                  {FilterKind::kHighPass, 38.135, 0.5003, 0}};
  for (std::size_t s = 0; s < 2; ++s) {
    const auto biquad = designBiquad(designs[s], response.rate);
    if (biquad.ok()) bank.set(s, StateVariable::of(biquad.value()));
  }
  channel.resize(channel.size() + static_cast<std::size_t>(response.rate / 4));
  float* at = channel.data();
  bank.process(&at, &at, channel.size());
  double sum = 0;
  for (const float x : channel) sum += static_cast<double>(x) * static_cast<double>(x);
  return sum;
}

/// Energy of what is still to come, at each frame, of one octave of all channels.
std::vector<double> remainingEnergy(const ImpulseResponse& response, double hz) {
  const FilterDesign octave{FilterKind::kBandPass, hz, std::numbers::sqrt2, 0};
  const auto band = designBiquad(octave, response.rate);
  std::vector<double> energy(response.frames());
  if (!band.ok()) return energy;
  for (std::vector<float> channel : response.channels) {
    FilterBank bank(1, 2);
    for (std::size_t s = 0; s < 2; ++s) bank.set(s, StateVariable::of(band.value()));
    float* at = channel.data();
    bank.process(&at, &at, channel.size());
    for (std::size_t i = 0; i < channel.size(); ++i) {
      energy[i] += static_cast<double>(channel[i]) * static_cast<double>(channel[i]);
    }
  }
  for (std::size_t i = energy.size(); i-- > 1;) energy[i - 1] += energy[i];
  return energy;
}

/// A straight line through the fall from -5 dB to `floorDb`, extrapolated to 60 dB.
std::optional<double> fallTime(const std::vector<double>& remaining, double rate, double floorDb) {
  constexpr double kStartDb = -5;
  // Backward integration always falls to nothing at the end; a fall that gets no further until the
  // last twentieth of the recording is the recording's, not the room's.
  const std::size_t end = remaining.size() - remaining.size() / 20;
  double count = 0, sumX = 0, sumY = 0, sumXX = 0, sumXY = 0;
  bool reachesFloor = false;
  for (std::size_t i = 0; i < end && !reachesFloor && remaining[0] > 0; ++i) {
    const double db = 10 * std::log10(remaining[i] / remaining[0] + 1e-30);
    reachesFloor = db < floorDb;
    if (db > kStartDb || reachesFloor) continue;
    const double x = static_cast<double>(i) / rate;
    count += 1;
    sumX += x;
    sumY += db;
    sumXX += x * x;
    sumXY += x * db;
  }
  const double spread = count * sumXX - sumX * sumX;
  if (!reachesFloor || spread <= 0) return std::nullopt;
  const double slope = (count * sumXY - sumX * sumY) / spread;
  return slope < 0 ? std::optional(-60 / slope) : std::nullopt;
}

}  // namespace

core::Result<EditedResponse> editResponse(const ImpulseResponse& original,
                                          const ResponseEdit& edit) {
  STEMWRIGHT_TRY(check(original, edit));
  EditedResponse edited{original, 0};
  ImpulseResponse& response = edited.response;
  cut(response, edit);
  if (response.frames() == 0) {
    return Error{ErrorCode::kInvalidArgument, "nothing is left of the impulse response"};
  }
  for (auto& channel : response.channels) {
    if (edit.isReversed) std::reverse(channel.begin(), channel.end());
    if (edit.stretch != 1) channel = stretched(channel, edit.stretch);
    shape(channel, response.rate, edit);
  }
  STEMWRIGHT_TRY(filter(response, edit));
  if (edit.width != 1) widen(response, edit.width);
  const double gain = edit.isLoudnessNormalised ? loudnessGain(response) : 1;
  edited.gainDb = 20 * std::log10(gain);
  const std::size_t delay = framesOf(edit.preDelaySeconds, response.rate);
  for (auto& channel : response.channels) {
    if (gain != 1) {
      for (float& x : channel) x = static_cast<float>(gain * static_cast<double>(x));
    }
    channel.insert(channel.begin(), delay, 0.0f);
  }
  return edited;
}

double loudnessGain(const ImpulseResponse& response) {
  double energy = 0;
  for (const auto& channel : response.channels) energy += weightedEnergy(response, channel);
  // Two outputs share the energy of a stereo response, and so do they that of a true one, into each
  // of which both inputs go.
  const double outputs = response.channels.size() == 1 ? 1 : 2;
  const double unit = weightedEnergy(response, {1.0f});
  return energy > 0 ? std::sqrt(unit * outputs / energy) : 1;
}

std::vector<BandDecay> decayByOctave(const ImpulseResponse& response) {
  constexpr double kLowest = 62.5;
  constexpr int kOctaves = 9;
  std::vector<BandDecay> bands;
  for (int octave = 0; octave < kOctaves; ++octave) {
    const double hz = std::ldexp(kLowest, octave);
    if (hz * std::numbers::sqrt2 >= response.rate / 2) break;
    const std::vector<double> remaining = remainingEnergy(response, hz);
    auto seconds = fallTime(remaining, response.rate, -35);
    if (!seconds) seconds = fallTime(remaining, response.rate, -25);
    bands.push_back({hz, seconds});
  }
  return bands;
}

}  // namespace stemwright::dsp
