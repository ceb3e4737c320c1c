#include "core/memory_usage.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

namespace stemwright::core {
namespace {

struct Counter {
  std::atomic<std::size_t> current{0};
  std::atomic<std::size_t> peak{0};

  void change(std::size_t from, std::size_t to) noexcept {
    const std::size_t now = current.fetch_add(to - from, std::memory_order_relaxed) + to - from;
    std::size_t seen = peak.load(std::memory_order_relaxed);
    while (now > seen && to > from && !peak.compare_exchange_weak(seen, now)) {
    }
  }
  MemoryFigures figures() const noexcept { return {current.load(), peak.load()}; }
  void resetPeak() noexcept { peak.store(current.load()); }
};

Counter all;
std::array<Counter, kMemoryOwners> owners;

struct Reliefs {
  std::mutex mutex;
  std::vector<PressureRelief*> list;
};

Reliefs& reliefs() {
  static Reliefs known;
  return known;
}

}  // namespace

std::string_view ownerName(MemoryOwner owner) {
  constexpr std::array<std::string_view, kMemoryOwners> kNames{
      "weights", "workspaces", "sound", "networks", "convolution", "pools", "caches"};
  return kNames[static_cast<std::size_t>(owner)];
}

MemoryUsage memoryUsage() noexcept {
  MemoryUsage usage;
  usage.all = all.figures();
  for (std::size_t i = 0; i < kMemoryOwners; ++i) usage.owners[i] = owners[i].figures();
  return usage;
}

void resetMemoryPeaks() noexcept {
  all.resetPeak();
  for (Counter& counter : owners) counter.resetPeak();
}

void MemoryClaim::resize(std::size_t bytes) noexcept {
  if (bytes == bytes_) return;
  owners[static_cast<std::size_t>(owner_)].change(bytes_, bytes);
  all.change(bytes_, bytes);
  bytes_ = bytes;
}

PressureRelief::PressureRelief(Shrink shrink) : shrink_(std::move(shrink)) {
  Reliefs& known = reliefs();
  const std::lock_guard lock(known.mutex);
  known.list.push_back(this);
}

PressureRelief::~PressureRelief() {
  Reliefs& known = reliefs();
  const std::lock_guard lock(known.mutex);
  std::erase(known.list, this);
}

std::size_t relievePressure(PressureLevel level) {
  Reliefs& known = reliefs();
  const std::lock_guard lock(known.mutex);
  std::size_t freed = 0;
  for (const PressureRelief* relief : known.list) freed += relief->shrink_(level);
  return freed;
}

}  // namespace stemwright::core
