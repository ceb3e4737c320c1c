#include "dsp/convolution/partition_bank.h"

#include <algorithm>

namespace stemwright::dsp {
namespace {

using kernels::kTileBins;
using kernels::kTileFloats;

/// So many products are summed in registers before they meet a larger sum: it keeps the rounding
/// of thousands of partitions small.
constexpr std::size_t kRun = 64;

core::AlignedBuffer<float> zeros(std::size_t count) {
  core::AlignedBuffer<float> buffer(count);
  buffer.zero();
  return buffer;
}

}  // namespace

PartitionBank::PartitionBank(std::size_t block, std::size_t offset, std::size_t partitions,
                             Responses responses, const ConvolutionRouting& routing,
                             const kernels::Kernels& level)
    : block_(block),
      partitions_(partitions),
      tiles_(block / kTileBins),
      kernels_(&level.convolution),
      routing_(routing),
      fft_(RealFft::create(2 * block, level).value()),
      responses_(zeros(responses.size() * block * 2 * partitions)),
      inputs_(zeros(routing.inputs * block * 2 * partitions)),
      sums_(zeros(routing.outputs * block * 2)),
      responseLast_(zeros(responses.size() * partitions)),
      inputLast_(zeros(routing.inputs * partitions)),
      pairs_(zeros(2 * block + 2)),
      scratch_(zeros(fft_.scratchSize())) {
  transformResponses(offset, responses);
}

void PartitionBank::transformResponses(std::size_t offset, Responses responses) {
  for (std::size_t r = 0; r < responses.size(); ++r) {
    const std::span<const float> taps = responses[r];
    for (std::size_t p = 0; p < partitions_; ++p) {
      const std::size_t begin = std::min(offset + p * block_, taps.size());
      const std::size_t end = std::min(begin + block_, taps.size());
      pairs_.zero();
      std::copy(taps.begin() + static_cast<std::ptrdiff_t>(begin),
                taps.begin() + static_cast<std::ptrdiff_t>(end), pairs_.begin());
      fft_.forward(pairs_.data(), pairs_.data(), scratch_.data());
      float* first = responses_.data() + (r * tiles_ * partitions_ + p) * kTileFloats;
      kernels_->splitTiles(pairs_.data(), tiles_, first, partitions_ * kTileFloats);
      responseLast_[r * partitions_ + p] = pairs_[2 * block_];
    }
  }
}

std::size_t PartitionBank::bytes() const noexcept {
  return responses_.bytes() + inputs_.bytes() + sums_.bytes() + responseLast_.bytes() +
         inputLast_.bytes() + pairs_.bytes() + scratch_.bytes();
}

void PartitionBank::advance() noexcept {
  newest_ = (newest_ == 0 ? partitions_ : newest_) - 1;
}

void PartitionBank::push(std::size_t input, const float* pair) noexcept {
  fft_.forward(pair, pairs_.data(), scratch_.data());
  kernels_->splitTiles(pairs_.data(), tiles_, inputTile(input, 0) + newest_ * kTileFloats,
                       partitions_ * kTileFloats);
  inputLast_[input * partitions_ + newest_] = pairs_[2 * block_];
}

void PartitionBank::sum(std::size_t output, std::size_t first, std::size_t begin,
                        std::size_t end) noexcept {
  float* sums = sums_.data() + output * 2 * block_;
  std::fill(sums + begin * kTileFloats, sums + end * kTileFloats, 0.0f);
  for (const ConvolutionPath& path : routing_.paths) {
    if (path.output != output) continue;
    for (std::size_t tile = begin; tile < end; ++tile) {
      sumTile(inputTile(path.input, tile), responseTile(path.response, tile), first,
              sums + tile * kTileFloats);
    }
  }
}

void PartitionBank::sumTile(const float* x, const float* h, std::size_t first,
                            float* sum) const noexcept {
  const std::size_t beforeEnd = std::min(partitions_ - newest_, partitions_ - first);
  h += first * kTileFloats;
  for (std::size_t done = 0; first + done < partitions_;) {
    const bool isRound = done >= beforeEnd;
    const float* from = x + (isRound ? done - beforeEnd : newest_ + done) * kTileFloats;
    const std::size_t left = (isRound ? partitions_ - first : beforeEnd) - done;
    const std::size_t run = std::min(left, kRun);
    kernels_->accumulateTiles(from, h + done * kTileFloats, run, sum);
    done += run;
  }
}

float PartitionBank::lastBin(std::size_t output, std::size_t first) const noexcept {
  double sum = 0;
  for (const ConvolutionPath& path : routing_.paths) {
    if (path.output != output) continue;
    const float* h = responseLast_.data() + path.response * partitions_;
    const float* x = inputLast_.data() + path.input * partitions_;
    std::size_t slot = newest_;
    for (std::size_t p = first; p < partitions_; ++p) {
      sum += static_cast<double>(h[p]) * static_cast<double>(x[slot]);
      slot = slot + 1 == partitions_ ? 0 : slot + 1;
    }
  }
  return static_cast<float>(sum);
}

void PartitionBank::finish(std::size_t output, std::size_t first, float* out) noexcept {
  kernels_->joinTiles(sums_.data() + output * 2 * block_, tiles_, pairs_.data());
  pairs_[2 * block_] = lastBin(output, first);
  pairs_[2 * block_ + 1] = 0.0f;
  fft_.inverse(pairs_.data(), pairs_.data(), scratch_.data());
  std::copy(pairs_.data() + block_, pairs_.data() + 2 * block_, out);
}

void PartitionBank::reset() noexcept {
  inputs_.zero();
  inputLast_.zero();
  newest_ = 0;
}

}  // namespace stemwright::dsp
