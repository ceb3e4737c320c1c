#include "dsp/convolution/layout.h"

#include <cmath>

namespace stemwright::dsp {
namespace {

/// Per sample of a block: its transform, the inverse, and its share of each partition's products.
double costPerSample(std::size_t block, std::size_t partitions) {
  const double work =
      2 * transformCost(2 * block) + static_cast<double>(partitions) * productCost(block);
  return work / static_cast<double>(block);
}

struct Plan {
  double cost = 0;
  std::size_t partitions = 0;  ///< of `block`
  std::vector<TailLayout> tail;
};

/// The best way on from partitions of `block` that begin at tap `offset`.
Plan planFrom(std::size_t taps, std::size_t block, std::size_t offset, std::size_t largest) {
  Plan best;
  best.partitions = taps > offset ? (taps - offset + block - 1) / block : 0;
  best.cost = costPerSample(block, best.partitions);
  for (std::size_t next = 2 * block; next <= largest && 2 * next < taps; next *= 2) {
    Plan rest = planFrom(taps, next, 2 * next, largest);
    const std::size_t partitions = (2 * next - offset) / block;
    const double cost = costPerSample(block, partitions) + rest.cost;
    if (cost >= best.cost) continue;
    best = {cost, partitions, {{next, rest.partitions}}};
    best.tail.insert(best.tail.end(), rest.tail.begin(), rest.tail.end());
  }
  return best;
}

}  // namespace

double transformCost(std::size_t samples) {
  const auto n = static_cast<double>(samples);
  return 0.4 * n * std::log2(n);
}

double productCost(std::size_t bins) {
  return 2 * static_cast<double>(bins);
}

ConvolutionMode chooseMode(std::size_t taps, std::size_t inputFrames, const ConvolutionRule& rule) {
  if (inputFrames == 0) return ConvolutionMode::kPartitioned;
  const double ratio = static_cast<double>(taps) / static_cast<double>(inputFrames);
  const bool isDirect = taps < rule.directBelow || ratio < rule.fftFromRatio;
  return isDirect ? ConvolutionMode::kDirect : ConvolutionMode::kFft;
}

PartitionLayout planPartitions(std::size_t taps, std::size_t head, std::size_t largest) {
  const Plan plan = planFrom(taps, head, 0, largest);
  return {head, plan.partitions, plan.tail};
}

}  // namespace stemwright::dsp
