#include "gpu/arena.h"

#include <algorithm>
#include <utility>

namespace stemwright::gpu {

void Arena::add(Binding& to, std::size_t bytes, unsigned phases) {
  const std::size_t rounded = (bytes + kOffsetAlignment - 1) / kOffsetAlignment * kOffsetAlignment;
  requests_.push_back({&to, std::max(rounded, kOffsetAlignment), phases});
  to.bytes = bytes;
}

/// The largest first, each as low as those before it leave room.
void Arena::place() {
  std::stable_sort(requests_.begin(), requests_.end(),
                   [](const Request& a, const Request& b) { return a.bytes > b.bytes; });
  bytes_ = 0;
  std::vector<Request> placed;
  for (Request& request : requests_) {
    request.offset = 0;
    // `placed` is in the order of offsets: the first gap that is wide enough.
    for (const Request& other : placed) {
      if ((other.phases & request.phases) == 0) continue;
      if (request.offset + request.bytes <= other.offset) break;
      request.offset = std::max(request.offset, other.offset + other.bytes);
    }
    const auto after = std::find_if(placed.begin(), placed.end(), [&](const Request& other) {
      return other.offset > request.offset;
    });
    placed.insert(after, request);
    bytes_ = std::max(bytes_, request.offset + request.bytes);
  }
}

std::size_t Arena::bytes() {
  place();
  return bytes_;
}

core::Status Arena::allocate(Device& device) {
  place();
  auto made = device.allocate(bytes_);
  if (!made.ok()) return made.error();
  for (const Request& request : requests_) {
    request.to->buffer = made.value();
    request.to->offset = request.offset;
  }
  return {};
}

}  // namespace stemwright::gpu
