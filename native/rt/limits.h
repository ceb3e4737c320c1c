#pragma once

#include <cstddef>

namespace stemwright::rt {

/// Frames that are rendered at a time; a device's larger blocks are taken in turns.
inline constexpr std::size_t kMostFrames = 8192;
/// Stems of one song.
inline constexpr std::size_t kMostStrips = 64;
/// Effects in one chain.
inline constexpr std::size_t kMostInserts = 8;

/// Every start, stop and jump fades for so long.
inline constexpr double kDeclickSeconds = 0.005;
/// A gain takes so long to its new value.
inline constexpr double kRampSeconds = 0.01;
/// An effect takes so long to replace another.
inline constexpr double kInsertFadeSeconds = 0.02;

}  // namespace stemwright::rt
