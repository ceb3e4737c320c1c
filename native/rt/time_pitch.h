#pragma once

namespace stemwright::rt {

/// How a song is played: its pitch and its tempo, each by itself.
struct TimePitch {
  double semitones = 0;  ///< −12 to 12
  /// 0.5 to 1.5: frames of the song for each that is heard, as exact as SoundTouch takes it: what
  /// it rounds would add up.
  float speed = 1;

  bool isNone() const noexcept { return semitones == 0 && speed == 1; }
  bool isInRange() const noexcept {
    return semitones >= -12 && semitones <= 12 && speed >= 0.5 && speed <= 1.5;
  }
  friend bool operator==(const TimePitch&, const TimePitch&) = default;
};

}  // namespace stemwright::rt
