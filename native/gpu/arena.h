#pragma once

#include <cstddef>
#include <vector>

#include "core/result.h"
#include "gpu/device.h"

namespace stemwright::gpu {

/// Places buffers that are used at different times over one another, in one allocation.
class Arena {
 public:
  /// @param to     filled by allocate(), so it must stay where it is until then
  /// @param phases bits of the phases in which its contents are needed; those of buffers that share
  ///               no phase may overlap
  void add(Binding& to, std::size_t bytes, unsigned phases);

  /// Of all together, as they lie after allocate() as well.
  std::size_t bytes();
  /// @return kNoRoom
  core::Status allocate(Device& device);

 private:
  struct Request {
    Binding* to;
    std::size_t bytes;
    unsigned phases;
    std::size_t offset = 0;
  };
  void place();

  std::vector<Request> requests_;
  std::size_t bytes_ = 0;
};

}  // namespace stemwright::gpu
