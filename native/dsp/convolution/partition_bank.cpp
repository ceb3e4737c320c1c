#include "dsp/convolution/partition_bank.h"

#include <algorithm>
#include <cassert>

namespace stemwright::dsp {
namespace {

using kernels::kLookAhead;
using kernels::kTileBins;
using kernels::kTileFloats;

/// So many products are summed in registers before they meet a larger sum: it keeps the rounding
/// of thousands of partitions small.
constexpr std::size_t kRun = 64;

/// Twice the spectra of larger blocks would not stay in the cache.
constexpr std::size_t kLargestDoubled = 2048;

/// Calls body(first partition, slot, count) for runs of partitions [first, end) whose inputs lie in
/// a ring of `slots`, the latest block at `newest` for partition `first`.
template <typename Body>
void forEachRun(std::size_t slots, std::size_t newest, std::size_t first, std::size_t end,
                Body&& body) {
  std::size_t slot = newest;
  while (first < end) {
    const std::size_t count = std::min({end - first, slots - slot, kRun});
    body(first, slot, count);
    first += count;
    slot = slot + count == slots ? 0 : slot + count;
  }
}

core::AlignedBuffer<float> zeros(std::size_t count) {
  core::AlignedBuffer<float> buffer(count);
  buffer.zero();
  return buffer;
}

}  // namespace

PartitionBank::PartitionBank(std::size_t block, std::size_t offset, std::size_t partitions,
                             Blocks blocks, Responses responses, const ConvolutionRouting& routing,
                             const kernels::Kernels& level)
    : block_(block),
      partitions_(partitions),
      tiles_(block / kTileBins),
      looksAhead_(blocks == Blocks::kWhole && partitions >= kFewPartitions && tiles_ >= kLookAhead),
      isDoubled_(!looksAhead_ && block <= kLargestDoubled && partitions <= kRun),
      stored_(isDoubled_ ? 2 * partitions : partitions + (looksAhead_ ? kLookAhead - 1 : 0)),
      kernels_(&level.convolution),
      routing_(routing),
      fft_(RealFft::create(2 * block, level).value()),
      responses_(zeros(responses.size() * block * 2 * stored_)),
      inputs_(zeros(routing.inputs * block * 2 * partitions)),
      sums_(zeros(routing.outputs * block * 2)),
      ahead_(zeros(looksAhead_ ? kLookAhead * sums_.size() : 0)),
      responseLast_(zeros(responses.size() * partitions)),
      inputLast_(zeros(routing.inputs * partitions)),
      pairs_(zeros(2 * block + 2)),
      scratch_(zeros(fft_.scratchSize())),
      claim_(core::MemoryOwner::kConvolution,
             responses_.bytes() + inputs_.bytes() + sums_.bytes() + ahead_.bytes()) {
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
      float* first = responses_.data() + (r * tiles_ * stored_ + p) * kTileFloats;
      kernels_->splitTiles(pairs_.data(), tiles_, first, stored_ * kTileFloats);
      if (isDoubled_) {
        kernels_->splitTiles(pairs_.data(), tiles_, first + partitions_ * kTileFloats,
                             stored_ * kTileFloats);
      }
      responseLast_[r * partitions_ + p] = pairs_[2 * block_];
    }
  }
}

std::size_t PartitionBank::bytes() const noexcept {
  return responses_.bytes() + inputs_.bytes() + sums_.bytes() + ahead_.bytes() +
         responseLast_.bytes() + inputLast_.bytes() + pairs_.bytes() + scratch_.bytes();
}

void PartitionBank::advance() noexcept {
  newest_ = (newest_ == 0 ? partitions_ : newest_) - 1;
  turn_ = (turn_ + 1) % kLookAhead;
}

void PartitionBank::push(std::size_t input, const float* pair) noexcept {
  for (std::size_t step = 0; step < transformSteps(); ++step) pushStep(input, pair, step);
}

void PartitionBank::pushStep(std::size_t input, const float* pair, std::size_t step) noexcept {
  if (step < fft_.steps()) {
    return fft_.forwardStep(step, pair, pairs_.data(), scratch_.data());
  }
  kernels_->splitTiles(pairs_.data(), tiles_, inputTile(input, 0) + newest_ * kTileFloats,
                       partitions_ * kTileFloats);
  inputLast_[input * partitions_ + newest_] = pairs_[2 * block_];
}

void PartitionBank::sum(std::size_t output, std::size_t first, std::size_t begin,
                        std::size_t end) noexcept {
  assert(first == 0 || !looksAhead_);
  for (std::size_t tile = begin; tile < end; ++tile) {
    if (looksAhead_) {
      sumTileAhead(output, tile);
    } else {
      sumTile(output, first, tile);
    }
  }
}

void PartitionBank::sumTile(std::size_t output, std::size_t first, std::size_t tile) noexcept {
  float* sum = sums_.data() + (output * tiles_ + tile) * kTileFloats;
  auto accumulate = kernels_->multiplyTiles;
  const auto add = [&](const float* x, const float* h, std::size_t count) {
    accumulate(x, h, count, sum);
    accumulate = kernels_->accumulateTiles;
  };
  for (const ConvolutionPath& path : routing_.paths) {
    if (path.output != output) continue;
    const float* h = responseTile(path.response, tile);
    const float* x = inputTile(path.input, tile);
    if (isDoubled_ && first == 0) {
      add(x, h + (partitions_ - newest_) * kTileFloats, partitions_);
      continue;
    }
    forEachRun(partitions_, newest_, first, partitions_,
               [&](std::size_t p, std::size_t slot, std::size_t count) {
                 add(x + slot * kTileFloats, h + p * kTileFloats, count);
               });
  }
  if (first == partitions_) std::fill_n(sum, kTileFloats, 0.0f);
}

/// Sums for this block and the next three when it is this tile's turn, else adds what had not come
/// in by then.
void PartitionBank::sumTileAhead(std::size_t output, std::size_t tile) noexcept {
  const std::size_t age = (turn_ + tile) % kLookAhead;
  float* ahead = ahead_.data() + (output * tiles_ + tile) * kLookAhead * kTileFloats;
  float* sum = ahead + age * kTileFloats;
  if (age == 0) std::fill_n(ahead, kLookAhead * kTileFloats, 0.0f);
  for (const ConvolutionPath& path : routing_.paths) {
    if (path.output != output) continue;
    const float* h = responseTile(path.response, tile);
    const float* x = inputTile(path.input, tile);
    const auto accumulate = age == 0 ? kernels_->accumulateTilesAhead : kernels_->accumulateTiles;
    forEachRun(partitions_, newest_, 0, age == 0 ? partitions_ : age,
               [&](std::size_t p, std::size_t slot, std::size_t count) {
                 accumulate(x + slot * kTileFloats, h + p * kTileFloats, count, sum);
               });
  }
  std::copy_n(sum, kTileFloats, sums_.data() + (output * tiles_ + tile) * kTileFloats);
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
  for (std::size_t step = 0; step < transformSteps(); ++step) finishStep(output, first, out, step);
}

void PartitionBank::finishStep(std::size_t output, std::size_t first, float* out,
                               std::size_t step) noexcept {
  if (step == 0) {
    kernels_->joinTiles(sums_.data() + output * 2 * block_, tiles_, pairs_.data());
    pairs_[2 * block_] = lastBin(output, first);
    pairs_[2 * block_ + 1] = 0.0f;
    return;
  }
  fft_.inverseStep(step - 1, pairs_.data(), pairs_.data(), scratch_.data());
  if (step == fft_.steps()) std::copy_n(pairs_.data() + block_, block_, out);
}

void PartitionBank::reset() noexcept {
  inputs_.zero();
  inputLast_.zero();
  ahead_.zero();
  newest_ = 0;
}

}  // namespace stemwright::dsp
