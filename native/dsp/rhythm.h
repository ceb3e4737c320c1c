#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace stemwright::dsp {

struct Tempo {
  double bpm = 0;
  /// How much of the onsets repeats at this tempo, 0 to 1.
  double confidence = 0;
};

/// The tempo at which people would tap along: the period at which onsets repeat, near 120 a minute
/// rather than far from it.
/// Source: Ellis 2007, section 3.2 (autocorrelation, log-normal weight, duple and triple metre).
/// @param onsets strengths, `frameSeconds` apart
/// @return empty when nothing repeats
std::optional<Tempo> findTempo(std::span<const float> onsets, double frameSeconds);

/// Beats, in frames and fractions of them: those that lie on onsets and are a period apart from
/// each other, as well as both can be had.
/// Source: Ellis 2007, section 2 (dynamic programming).
std::vector<double> trackBeats(std::span<const float> onsets, double frameSeconds, double bpm);

/// Beats a minute of such a row, by a straight line through it.
/// @param beats seconds, two at least
double tempoOf(std::span<const double> beats);

struct Key {
  std::size_t tonic = 0;  ///< pitch class from C on
  bool isMinor = false;
  double confidence = 0;  ///< by how much it fits better than any other key, 0 to 1
};

/// Source: Krumhansl, Cognitive Foundations of Musical Pitch, 1990 (correlation with profiles);
/// profiles by Temperley, What's Key for Key?, 1999.
/// @return empty when no pitch class stands out
std::optional<Key> findKey(const std::array<double, 12>& chroma);

}  // namespace stemwright::dsp
