#pragma once

#include <cstddef>
#include <string>

#include "core/result.h"

namespace stemwright::pcm {

struct ReplaceRequest {
  std::string track;  ///< changed in place
  std::size_t channels = 0;
  std::size_t start = 0;  ///< frames [start, end) of the track are replaced
  std::size_t end = 0;
  std::string patch;
  std::size_t patchStart = 0;  ///< frame of the patch that goes to `start`
  std::size_t fadeFrames = 0;  ///< of the linear crossfade inside each edge that is not the track's
  std::string keep;            ///< made anew: the replaced frames, [end - start]
};

/// Replaces a range of a track, and keeps what was there. To take it back, replace the same range
/// by the kept file, from its frame 0 without a crossfade: the track is then what it was, to the
/// bit, and the new kept file brings the replacement back in the same way.
///
/// The kept file is whole and on the disk before the track is touched, and the track is on the disk
/// before this succeeds. Whatever ends it in between, taking it back restores the track. Its peaks
/// follow last: after a crash, write them anew.
/// @return kInvalidArgument when the range or the patch does not reach, or two paths are one file
/// [worker; constant memory]
core::Status replaceRange(const ReplaceRequest& request);

}  // namespace stemwright::pcm
