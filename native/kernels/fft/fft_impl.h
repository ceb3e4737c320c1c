// Real FFT of one instruction set: a complex Stockham transform of half the length over separate
// planes of real and imaginary parts, and a pass that splits it into the bins of the real one.
// The inverse runs the same passes with the planes exchanged.
// Source: Van Loan, Computational Frameworks for the Fast Fourier Transform, 1992, 1.7 and 4.3.
#pragma once

#include "kernels/fft/fft.h"
#include "kernels/fft/fft_butterflies.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

struct Source {
  const float *re, *im;
};
struct Target {
  float *re, *im;
};

/// How a pass reads or writes points: two planes, or one array of pairs (its `re`).
enum class Layout { kPlanes, kPairs, kExchangedPairs };

template <Layout kLayout>
STEMWRIGHT_INLINE Complex loadPoints(Source in, std::size_t at, std::size_t count) {
  if constexpr (kLayout == Layout::kPlanes) {
    if (count == kLanes) return {load(in.re + at), load(in.im + at)};
    return {loadPartial(in.re + at, count), loadPartial(in.im + at, count)};
  } else {
    const float* pairs = in.re + 2 * at;
    V2 x = {zero(), zero()};
    if (count == kLanes) {
      x = {load(pairs), load(pairs + kLanes)};
    } else if (2 * count <= kLanes) {
      x.a = loadPartial(pairs, 2 * count);
    } else {
      x = {load(pairs), loadPartial(pairs + kLanes, 2 * count - kLanes)};
    }
    x = deinterleave(x);
    return {x.a, x.b};
  }
}

template <Layout kLayout>
STEMWRIGHT_INLINE void storePoints(Target out, std::size_t at, Complex x, std::size_t count) {
  if constexpr (kLayout == Layout::kPlanes) {
    if (count == kLanes) {
      store(out.re + at, x.re);
      store(out.im + at, x.im);
    } else {
      storePartial(out.re + at, x.re, count);
      storePartial(out.im + at, x.im, count);
    }
  } else {
    float* pairs = out.re + 2 * at;
    const V2 y = kLayout == Layout::kPairs ? interleave({x.re, x.im}) : interleave({x.im, x.re});
    if (count == kLanes) {
      store(pairs, y.a);
      store(pairs + kLanes, y.b);
    } else if (2 * count <= kLanes) {
      storePartial(pairs, y.a, 2 * count);
    } else {
      store(pairs, y.a);
      storePartial(pairs + kLanes, y.b, 2 * count - kLanes);
    }
  }
}

/// One vector of butterflies: points 0 .. kLanes of each of kRadix rows.
template <int kRadix, bool kTwiddle, Layout kOut>
STEMWRIGHT_INLINE void butterflies(Source in, Target out, std::size_t rowsIn, std::size_t rowsOut,
                                   const float* twiddles) {
  Complex x[kRadix];
  STEMWRIGHT_UNROLL
  for (int k = 0; k < kRadix; ++k) x[k] = loadPoints<Layout::kPlanes>(in, k * rowsIn, kLanes);
  Dft<kRadix>::run(x);
  if constexpr (kTwiddle) {
    STEMWRIGHT_UNROLL
    for (int k = 1; k < kRadix; ++k) {
      x[k] = multiply(x[k], set1(twiddles[2 * k - 2]), set1(twiddles[2 * k - 1]));
    }
  }
  STEMWRIGHT_UNROLL
  for (int k = 0; k < kRadix; ++k) storePoints<kOut>(out, k * rowsOut, x[k], kLanes);
}

/// A stride that fills no whole vectors begins with its tail: what that writes past the end of a
/// row lies where the rest of this group, or a later one, or nothing, is still to be written.
template <int kRadix, bool kTwiddle, Layout kOut>
STEMWRIGHT_INLINE void group(const FftStage& stage, Source in, Target out, const float* twiddles) {
  const std::size_t stride = stage.stride, rowsIn = stride * stage.groups;
  constexpr std::size_t step = kOut == Layout::kPlanes ? 1 : 2;
  if (const std::size_t tail = stride - stride % kLanes; tail != stride) {
    butterflies<kRadix, kTwiddle, kOut>({in.re + tail, in.im + tail},
                                        {out.re + step * tail, out.im + tail}, rowsIn, stride,
                                        twiddles);
  }
  for (std::size_t q = 0; q + kLanes <= stride; q += kLanes) {
    butterflies<kRadix, kTwiddle, kOut>({in.re + q, in.im + q}, {out.re + step * q, out.im + q},
                                        rowsIn, stride, twiddles);
  }
}

/// A stride of one vector: a loop over groups alone, which is where short groups spend their time.
template <int kRadix>
static void narrowPass(const FftStage& stage, Source in, Target out) {
  const std::size_t rowsIn = kLanes * stage.groups;
  butterflies<kRadix, false, Layout::kPlanes>(in, out, rowsIn, kLanes, nullptr);
  const float* twiddles = stage.twiddles;
  for (std::size_t p = 1; p < stage.groups; ++p, twiddles += 2 * (kRadix - 1)) {
    in = {in.re + kLanes, in.im + kLanes};
    out = {out.re + kRadix * kLanes, out.im + kRadix * kLanes};
    butterflies<kRadix, true, Layout::kPlanes>(in, out, rowsIn, kLanes, twiddles);
  }
}

template <int kRadix>
static void pass(const FftStage& stage, Source in, Target out) {
  if (stage.stride == kLanes) return narrowPass<kRadix>(stage, in, out);
  group<kRadix, false, Layout::kPlanes>(stage, in, out, nullptr);
  const float* twiddles = stage.twiddles;
  for (std::size_t p = 1; p < stage.groups; ++p, twiddles += 2 * (kRadix - 1)) {
    const std::size_t from = p * stage.stride, to = from * kRadix;
    group<kRadix, true, Layout::kPlanes>(stage, {in.re + from, in.im + from},
                                         {out.re + to, out.im + to}, twiddles);
  }
}

/// The last pass of an inverse: one group of whole vectors, written as samples.
template <int kRadix>
static void lastPass(const FftStage& stage, Source in, Target out) {
  group<kRadix, false, Layout::kExchangedPairs>(stage, in, out, nullptr);
}

static void runPass(const FftStage& stage, Source in, Target out) {
  switch (stage.radix) {
    case 2:
      return pass<2>(stage, in, out);
    case 3:
      return pass<3>(stage, in, out);
    case 4:
      return pass<4>(stage, in, out);
    case 5:
      return pass<5>(stage, in, out);
    case 8:
      return pass<8>(stage, in, out);
    default:
      return pass<16>(stage, in, out);
  }
}

static void runLastPass(const FftStage& stage, Source in, float* samples) {
  const Target out = {samples, samples};
  switch (stage.radix) {
    case 2:
      return lastPass<2>(stage, in, out);
    case 3:
      return lastPass<3>(stage, in, out);
    case 4:
      return lastPass<4>(stage, in, out);
    case 5:
      return lastPass<5>(stage, in, out);
    case 8:
      return lastPass<8>(stage, in, out);
    default:
      return lastPass<16>(stage, in, out);
  }
}

// ---- the first pass -----------------------------------------------------------------------------

template <Layout kIn>
STEMWRIGHT_INLINE void transposedBlock(Source in, Target out, std::size_t p, std::size_t groups,
                                       const float* twiddles) {
  constexpr int kRadix = static_cast<int>(kLanes);
  Complex x[kRadix];
  STEMWRIGHT_UNROLL
  for (int k = 0; k < kRadix; ++k) x[k] = loadPoints<kIn>(in, p + k * groups, kLanes);
  Dft<kRadix>::run(x);
  V re[kRadix], im[kRadix];
  re[0] = x[0].re;
  im[0] = x[0].im;
  STEMWRIGHT_UNROLL
  for (int k = 1; k < kRadix; ++k) {
    const float* factor = twiddles + (k - 1) * 2 * kLanes;
    const Complex y = multiply(x[k], load(factor), load(factor + kLanes));
    re[k] = y.re;
    im[k] = y.im;
  }
  transpose(re);
  transpose(im);
  STEMWRIGHT_UNROLL
  for (int k = 0; k < kRadix; ++k) store(out.re + (p + k) * kLanes, re[k]);
  STEMWRIGHT_UNROLL
  for (int k = 0; k < kRadix; ++k) store(out.im + (p + k) * kLanes, im[k]);
}

/// Radix kLanes, stride 1. The last block of groups overlaps its neighbour instead of being short.
template <Layout kIn>
static void transposedPass(const FftStage& stage, Source in, Target out) {
  const std::size_t groups = stage.groups;
  const float* twiddles = stage.twiddles;
  for (std::size_t p = 0; p < groups; p += kLanes, twiddles += 2 * kLanes * (kLanes - 1)) {
    const std::size_t start = p + kLanes <= groups ? p : groups - kLanes;
    transposedBlock<kIn>(in, out, start, groups, twiddles);
  }
}

static void splitPairs(const float* pairs, std::size_t count, Target out) {
  for (std::size_t at = 0; at < count; at += kLanes) {
    const std::size_t points = count - at < kLanes ? count - at : kLanes;
    storePoints<Layout::kPlanes>(out, at, loadPoints<Layout::kPairs>({pairs, pairs}, at, points),
                                 points);
  }
}

static void joinExchangedPairs(Source in, std::size_t count, float* pairs) {
  for (std::size_t at = 0; at < count; at += kLanes) {
    const std::size_t points = count - at < kLanes ? count - at : kLanes;
    storePoints<Layout::kExchangedPairs>({pairs, pairs}, at,
                                         loadPoints<Layout::kPlanes>(in, at, points), points);
  }
}

// ---- between the half-size complex transform and the bins of the real one -----------------------

struct Mirrored {
  Complex low, high;  ///< at k and, in the same lane, at half - k
};

/// Points of the complex transform to bins of the real one. cosine and sine carry a factor 1/2.
STEMWRIGHT_INLINE Mirrored binsFromPoints(Mirrored z, V cosine, V sine) {
  const V half = set1(0.5f);
  const V evenRe = half * (z.low.re + z.high.re), evenIm = z.low.im - z.high.im;
  const V minusOddRe = z.high.re - z.low.re, oddIm = z.low.im + z.high.im;
  const V turnedRe = fma(sine, minusOddRe, cosine * oddIm);
  const V turnedIm = fnma(sine, oddIm, cosine * minusOddRe);
  return {{evenRe + turnedRe, fma(half, evenIm, turnedIm)},
          {evenRe - turnedRe, fnma(half, evenIm, turnedIm)}};
}

/// The inverse of binsFromPoints, times `scale`.
STEMWRIGHT_INLINE Mirrored pointsFromBins(Mirrored x, V cosine, V sine, V scale) {
  const V evenRe = scale * (x.low.re + x.high.re), evenIm = x.low.im - x.high.im;
  const V oddRe = (scale + scale) * (x.low.re - x.high.re);
  const V oddIm = (scale + scale) * (x.low.im + x.high.im);
  const V turnedRe = fnma(sine, oddIm, cosine * oddRe);
  const V turnedIm = fma(sine, oddRe, cosine * oddIm);
  return {{evenRe - turnedIm, fma(scale, evenIm, turnedRe)},
          {evenRe + turnedIm, fnma(scale, evenIm, turnedRe)}};
}

STEMWRIGHT_INLINE Complex reversed(Complex x) {
  return {reverse(x.re), reverse(x.im)};
}

/// Lanes of points at, at - 1, at - 2, ..., as far as there are any; for transforms too short for
/// whole vectors from both ends.
template <Layout kIn>
STEMWRIGHT_INLINE Complex gatherDown(Source in, std::size_t at, std::size_t count) {
  float re[kLanes] = {}, im[kLanes] = {};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t point = at - i;
    re[i] = kIn == Layout::kPlanes ? in.re[point] : in.re[2 * point];
    im[i] = kIn == Layout::kPlanes ? in.im[point] : in.re[2 * point + 1];
  }
  return {load(re), load(im)};
}

/// Both planes have room for one point more, which is the first again.
static void split(const FftPlan& plan, Target points, float* bins) {
  const std::size_t half = plan.half;
  const Target out = {bins, bins};
  points.re[half] = points.re[0];
  points.im[half] = points.im[0];
  const Source in = {points.re, points.im};
  const float* twiddles = plan.splitTwiddles;
  if (half < 2 * kLanes) {
    for (std::size_t k = 0; k <= half; k += kLanes, twiddles += 2 * kLanes) {
      const std::size_t count = half + 1 - k < kLanes ? half + 1 - k : kLanes;
      const Mirrored z = {loadPoints<Layout::kPlanes>(in, k, count),
                          gatherDown<Layout::kPlanes>(in, half - k, count)};
      const Mirrored x = binsFromPoints(z, load(twiddles), load(twiddles + kLanes));
      storePoints<Layout::kPairs>(out, k, x.low, count);
    }
    return;
  }
  for (std::size_t k = 0; 2 * k <= half; k += kLanes, twiddles += 2 * kLanes) {
    const std::size_t mirror = half - k - (kLanes - 1);
    const Mirrored z = {loadPoints<Layout::kPlanes>(in, k, kLanes),
                        reversed(loadPoints<Layout::kPlanes>(in, mirror, kLanes))};
    const Mirrored x = binsFromPoints(z, load(twiddles), load(twiddles + kLanes));
    storePoints<Layout::kPairs>(out, k, x.low, kLanes);
    const V2 high = interleaveReversed({x.high.re, x.high.im});
    store(bins + 2 * mirror, high.a);
    store(bins + 2 * mirror + kLanes, high.b);
  }
}

/// Writes the real parts to points.im and the imaginary ones to points.re.
static void merge(const FftPlan& plan, const float* bins, Target points) {
  const std::size_t half = plan.half;
  const Source in = {bins, bins};
  const Target out = {points.im, points.re};
  const float scale = 0.5f / static_cast<float>(half);
  const float* twiddles = plan.splitTwiddles;
  if (half < 2 * kLanes) {
    for (std::size_t k = 0; k < half; k += kLanes, twiddles += 2 * kLanes) {
      const std::size_t count = half - k < kLanes ? half - k : kLanes;
      const Mirrored x = {loadPoints<Layout::kPairs>(in, k, count),
                          gatherDown<Layout::kPairs>(in, half - k, count)};
      const Mirrored z = pointsFromBins(x, load(twiddles), load(twiddles + kLanes), set1(scale));
      storePoints<Layout::kPlanes>(out, k, z.low, count);
    }
  } else {
    for (std::size_t k = 0; 2 * k <= half; k += kLanes, twiddles += 2 * kLanes) {
      const std::size_t mirror = half - k - (kLanes - 1);
      const float* high = bins + 2 * mirror;
      const V2 pairs = deinterleaveReversed({load(high), load(high + kLanes)});
      const Mirrored x = {loadPoints<Layout::kPairs>(in, k, kLanes), {pairs.a, pairs.b}};
      const Mirrored z = pointsFromBins(x, load(twiddles), load(twiddles + kLanes), set1(scale));
      storePoints<Layout::kPlanes>(out, k, z.low, kLanes);
      storePoints<Layout::kPlanes>(out, mirror, reversed(z.high), kLanes);
    }
  }
  out.re[0] = scale * (bins[0] + bins[2 * half]);
  out.im[0] = scale * (bins[0] - bins[2 * half]);
}

// ---- whole transforms ---------------------------------------------------------------------------

/// Two work areas that change places after each pass.
struct Work {
  Target now, next;
  explicit Work(float* memory, std::size_t plane)
      : now{memory, memory + plane}, next{memory + 2 * plane, memory + 3 * plane} {}
  Source source() const { return {now.re, now.im}; }
  void swap() {
    const Target old = now;
    now = next;
    next = old;
  }
};

static void runPasses(const FftStage* stage, const FftStage* end, Work& work) {
  for (; stage != end; ++stage, work.swap()) runPass(*stage, work.source(), work.next);
}

/// Passes over strides that fill no whole vectors read up to a vector past the end. Lanes that
/// nobody wants, but they must not be denormal leftovers, which are slow.
static void runRaggedPasses(const FftPlan& plan, Work& work) {
  float* const planes[] = {work.now.re, work.now.im, work.next.re, work.next.im};
  for (float* plane : planes) {
    store(plane + plan.half, zero());
  }
  runPasses(plan.stages, plan.stages + plan.stageCount, work);
}

/// Which of the two areas holds the points before a step.
static Work workAt(const FftPlan& plan, float* memory, std::size_t passesDone) {
  Work work(memory, plan.plane);
  if (passesDone % 2 == 1) work.swap();
  return work;
}

static void forwardStep(const FftPlan& plan, const float* in, float* bins, float* memory,
                        std::size_t step) {
  Work work(memory, plan.plane);
  if (!plan.transposed) {
    splitPairs(in, plan.half, work.now);
    runRaggedPasses(plan, work);
    return split(plan, work.now, bins);
  }
  if (step == 0) return transposedPass<Layout::kPairs>(plan.stages[0], {in, in}, work.now);
  const std::size_t last = plan.stageCount - 1;
  work = workAt(plan, memory, (step < last ? step : last) - 1);
  if (step > last) return split(plan, work.now, bins);
  // The last pass is one group of whole vectors: it may write where it reads.
  runPass(plan.stages[step], work.source(), step == last ? work.now : work.next);
}

static void inverseStep(const FftPlan& plan, const float* bins, float* out, float* memory,
                        std::size_t step) {
  Work work(memory, plan.plane);
  if (step == 0) merge(plan, bins, work.now);
  if (!plan.transposed) {
    runRaggedPasses(plan, work);
    return joinExchangedPairs(work.source(), plan.half, out);
  }
  if (step == 0) return;
  work = workAt(plan, memory, step - 1);
  const FftStage& stage = plan.stages[step - 1];
  if (step == 1) return transposedPass<Layout::kPlanes>(stage, work.source(), work.next);
  if (step == plan.stageCount) return runLastPass(stage, work.source(), out);
  runPass(stage, work.source(), work.next);
}

static void forward(const FftPlan& plan, const float* in, float* bins, float* memory) {
  for (std::size_t step = 0; step < plan.steps; ++step) {
    forwardStep(plan, in, bins, memory, step);
  }
}

static void inverse(const FftPlan& plan, const float* bins, float* out, float* memory) {
  for (std::size_t step = 0; step < plan.steps; ++step) {
    inverseStep(plan, bins, out, memory, step);
  }
}

constexpr FftKernels kFftKernels = {kLanes,  kLanes >= 16 ? 16 : 8, forward,
                                    inverse, forwardStep,           inverseStep};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
