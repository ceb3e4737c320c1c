#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>

namespace stemwright::core {

/// What large memory is for.
enum class MemoryOwner { kWeights, kWorkspaces, kSound, kNetworks, kConvolution, kPools, kCaches };
inline constexpr std::size_t kMemoryOwners = 7;

std::string_view ownerName(MemoryOwner owner);  ///< "weights", "workspaces", …

/// Bytes; the peak since the start or the last resetMemoryPeaks().
struct MemoryFigures {
  std::size_t current = 0;
  std::size_t peak = 0;
};

struct MemoryUsage {
  MemoryFigures all;
  std::array<MemoryFigures, kMemoryOwners> owners;  ///< by MemoryOwner
};

/// What the engine's claims add up to: buffers of note, not every allocation. [thread-safe]
MemoryUsage memoryUsage() noexcept;
void resetMemoryPeaks() noexcept;

/// Counts bytes to an owner for as long as it lives; a member beside the buffer that it stands for.
/// [one thread at a time]
class MemoryClaim {
 public:
  MemoryClaim() = default;
  MemoryClaim(MemoryOwner owner, std::size_t bytes) noexcept : owner_(owner) { resize(bytes); }
  ~MemoryClaim() { resize(0); }
  MemoryClaim(MemoryClaim&& other) noexcept
      : owner_(other.owner_), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryClaim& operator=(MemoryClaim&& other) noexcept {
    if (this != &other) {
      resize(0);
      owner_ = other.owner_;
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }

  void resize(std::size_t bytes) noexcept;
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  MemoryOwner owner_ = MemoryOwner::kCaches;
  std::size_t bytes_ = 0;
};

/// How short of memory the system is.
enum class PressureLevel { kNone, kWarning, kCritical };

/// Something that can give memory back, asked when memory is short for as long as this lives.
class PressureRelief {
 public:
  /// Called on any thread. @return bytes given back
  using Shrink = std::function<std::size_t(PressureLevel)>;

  explicit PressureRelief(Shrink shrink);
  /// Waits for a call that runs.
  ~PressureRelief();
  PressureRelief(const PressureRelief&) = delete;
  PressureRelief& operator=(const PressureRelief&) = delete;

 private:
  friend std::size_t relievePressure(PressureLevel level);
  Shrink shrink_;
};

/// Asks all. @return bytes given back [thread-safe; not the audio thread]
std::size_t relievePressure(PressureLevel level);

}  // namespace stemwright::core
