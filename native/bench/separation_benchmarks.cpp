#include "bench/separation_benchmarks.h"

#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "bench/full_size.h"
#include "bench/measure.h"
#include "core/aligned.h"
#include "core/thread_pool.h"
#include "models/htdemucs.h"

namespace stemwright::bench {
namespace {

using models::HTDemucs;
using models::HTDemucsRunner;
using models::Mode;

/// One a precision, loaded once.
class Models {
 public:
  core::Result<std::shared_ptr<const HTDemucs>> get(models::Precision precision) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<const HTDemucs>& kept = kept_[precision];
    if (kept == nullptr) {
      auto loaded =
          HTDemucs::load(fullSize(), models::WeightFile::generated(kFullSizeSeed), {precision});
      if (!loaded.ok()) return loaded.error();
      kept = std::move(loaded).value();
    }
    return kept;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    kept_.clear();
  }

 private:
  std::mutex mutex_;
  std::map<models::Precision, std::shared_ptr<const HTDemucs>> kept_;
};

Models& keptModels() {
  static Models all;
  return all;
}

using Entries = core::Result<std::vector<Entry>>;

Entries segment(const std::string& name, Mode mode, models::Precision precision, unsigned threads,
                const core::CancelFlag& cancel) {
  if (cancel.requested()) return core::Error{core::ErrorCode::kCancelled, "cancelled"};
  auto kept = keptModels().get(precision);
  if (!kept.ok()) return kept.error();
  const std::shared_ptr<const HTDemucs> model = std::move(kept).value();
  const std::size_t frames = model->config().segmentFrames();
  auto made = HTDemucsRunner::create(model, frames, mode, threads);
  if (!made.ok()) return made.error();
  HTDemucsRunner& runner = *made.value();

  const std::size_t samples = frames * model->config().audioChannels;
  core::AlignedBuffer<float> mix(samples);
  core::AlignedBuffer<float> out(samples * model->config().sources.size());
  for (std::size_t i = 0; i < samples; ++i) {
    mix[i] = 0.3f * std::sin(0.01f * static_cast<float>(i % 4001));
  }
  core::ThreadPool pool(threads);
  const Timing time = measure(
      [&] { static_cast<void>(runner.forward(mix.data(), out.data(), pool, cancel)); }, cancel);
  if (cancel.requested()) return core::Error{core::ErrorCode::kCancelled, "cancelled"};

  const double work = runner.operations() / 1e9;
  const double bytes = static_cast<double>(model->weightBytes() + runner.workspaceBytes() +
                                           mix.bytes() + out.bytes());
  return std::vector<Entry>{entryOf(name, "s a segment", time, 1),
                            rateOf(name + ", speed", "GFLOP/s", time, work),
                            fixedEntry(name + ", memory", "MB", bytes / 1e6)};
}

/// 1, 2, 4 … threads below `threads`, which has a benchmark of its own.
Entries threadCounts(const std::string& name, Mode mode, unsigned threads,
                     const core::CancelFlag& cancel) {
  std::vector<Entry> all;
  for (unsigned count = 1; count == 1 || count < threads; count *= 2) {
    const std::string label = name + ", " + std::to_string(count);
    auto some = segment(label, mode, models::Precision::kFp32, count, cancel);
    if (!some.ok()) return some.error();
    all.insert(all.end(), some.value().begin(), some.value().end());
  }
  return all;
}

}  // namespace

std::vector<Benchmark> separationBenchmarks() {
  using models::Precision;
  std::vector<Benchmark> list;
  const auto add = [&](const std::string& label, Mode mode, Precision precision) {
    const std::string name = "HTDemucs 42 M, " + label;
    list.push_back(
        {name, [name, mode, precision](unsigned threads, const core::CancelFlag& cancel) {
           return segment(name, mode, precision, threads, cancel);
         }});
  };
  add("full", Mode::kFull, Precision::kFp32);
  add("time-only", Mode::kTimeOnly, Precision::kFp32);
  for (const auto& [label, mode] :
       {std::pair{"full", Mode::kFull}, {"time-only", Mode::kTimeOnly}}) {
    const std::string name = std::string("HTDemucs 42 M by threads, ") + label;
    list.push_back({name, [name, mode](unsigned threads, const core::CancelFlag& cancel) {
                      return threadCounts(name, mode, threads, cancel);
                    }});
  }
  if (!nn::bf16Kernels().empty()) {
    add("full, bf16", Mode::kFull, Precision::kBf16);
    add("time-only, bf16", Mode::kTimeOnly, Precision::kBf16);
  }
  return list;
}

void releaseModels() {
  keptModels().clear();
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace stemwright::bench
