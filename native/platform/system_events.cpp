#include "platform/system_events.h"

#if !defined(__APPLE__)
namespace stemwright::platform {

struct SystemEvents::State {};

SystemEvents::SystemEvents(std::function<void()>) {}
SystemEvents::~SystemEvents() = default;

}  // namespace stemwright::platform
#endif
