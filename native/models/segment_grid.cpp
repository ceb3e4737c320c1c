#include "models/segment_grid.h"

#include <algorithm>

namespace stemwright::models {

SegmentGrid::SegmentGrid(std::size_t frames, std::size_t segment, double overlap, std::size_t lead)
    : frames_(frames),
      segment_(segment),
      stride_(std::max<std::size_t>(
          1, static_cast<std::size_t>((1.0 - overlap) * static_cast<double>(segment)))),
      lead_(lead),
      count_((lead + frames + stride_ - 1) / stride_) {}

std::ptrdiff_t SegmentGrid::start(std::size_t k) const noexcept {
  return static_cast<std::ptrdiff_t>(k * stride_) - static_cast<std::ptrdiff_t>(lead_);
}

std::size_t SegmentGrid::length(std::size_t k) const noexcept {
  return std::min(segment_, lead_ + frames_ - k * stride_);
}

std::ptrdiff_t SegmentGrid::windowStart(std::size_t k) const noexcept {
  return start(k) - static_cast<std::ptrdiff_t>((segment_ - length(k)) / 2);
}

double SegmentGrid::weight(std::size_t i) const noexcept {
  const std::size_t half = segment_ / 2;
  const std::size_t rank = i < half ? i + 1 : segment_ - i;
  return static_cast<double>(rank) / static_cast<double>(segment_ - half);
}

void SegmentGrid::shares(std::size_t k, std::vector<float>& shares) const {
  shares.resize(length(k));
  const std::size_t begin = k * stride_;
  const std::size_t reach = (segment_ - 1) / stride_;  // segments on either side that overlap
  const std::size_t firstNeighbour = k > reach ? k - reach : 0;
  const std::size_t lastNeighbour = std::min(count_ - 1, k + reach);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    double total = 0;
    for (std::size_t other = firstNeighbour; other <= lastNeighbour; ++other) {
      const std::size_t otherBegin = other * stride_;
      const std::size_t frame = begin + i;
      if (frame >= otherBegin && frame - otherBegin < segment_) total += weight(frame - otherBegin);
    }
    shares[i] = static_cast<float>(weight(i) / total);
  }
}

}  // namespace stemwright::models
