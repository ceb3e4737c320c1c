#pragma once

#include <functional>
#include <memory>

namespace stemwright::platform {

/// Told by the system, on any thread, that heat, power or memory have changed: macOS alone does.
/// Elsewhere nothing is told, and whoever wants to know has to look.
class SystemEvents {
 public:
  explicit SystemEvents(std::function<void()> onChange);
  /// Nothing is told once it has returned.
  ~SystemEvents();
  SystemEvents(const SystemEvents&) = delete;
  SystemEvents& operator=(const SystemEvents&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stemwright::platform
