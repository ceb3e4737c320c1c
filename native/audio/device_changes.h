#pragma once

#include <cstdint>

namespace stemwright::audio {

/// Counts of what happened to the machine's sound devices since the first call. Cheap: to be asked
/// about once a second.
struct DeviceChanges {
  std::uint64_t list = 0;           ///< devices, or JACK servers, have come or gone
  std::uint64_t defaultOutput = 0;  ///< another one is the default; where a sound server moves
                                    ///< streams by itself, as on Linux, this stays
};

/// [thread-safe] On Windows nothing is counted.
DeviceChanges deviceChanges();

}  // namespace stemwright::audio
