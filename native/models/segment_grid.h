#pragma once

#include <cstddef>
#include <vector>

namespace stemwright::models {

/// Where the overlapping segments of one pass over a song lie, and how much each counts.
/// Source: demucs.apply.apply_model with split.
class SegmentGrid {
 public:
  /// @param frames  length of the song
  /// @param segment frames that the network sees
  /// @param overlap share of a segment that the next one repeats, in [0, 1)
  /// @param lead    frames of silence before the song; the first segment starts that much earlier
  SegmentGrid(std::size_t frames, std::size_t segment, double overlap, std::size_t lead = 0);

  std::size_t segments() const noexcept { return count_; }
  std::size_t stride() const noexcept { return stride_; }

  /// Signed frame at which segment k starts to count; negative within the lead.
  std::ptrdiff_t start(std::size_t k) const noexcept;
  /// Frames of the song and its lead that it covers: a whole segment but at the end.
  std::size_t length(std::size_t k) const noexcept;
  /// Frame at which the network's input starts: a segment that is cut short by the end of the
  /// song is centred in its window, with what lies around it.
  std::ptrdiff_t windowStart(std::size_t k) const noexcept;

  /// Share of frame i of segment k in the sum over all segments: triangular, together 1.
  /// @param shares [length(k)]
  void shares(std::size_t k, std::vector<float>& shares) const;

 private:
  double weight(std::size_t i) const noexcept;

  std::size_t frames_;
  std::size_t segment_;
  std::size_t stride_;
  std::size_t lead_;
  std::size_t count_;
};

}  // namespace stemwright::models
