#include "platform/hardware.h"

namespace stemwright::platform {

std::string_view thermalName(ThermalState state) {
  switch (state) {
    case ThermalState::kNominal:
      return "nominal";
    case ThermalState::kFair:
      return "fair";
    case ThermalState::kSerious:
      return "serious";
    case ThermalState::kCritical:
      return "critical";
  }
  return "";
}

std::string_view pressureName(MemoryPressure level) {
  switch (level) {
    case MemoryPressure::kNone:
      return "none";
    case MemoryPressure::kWarning:
      return "warning";
    case MemoryPressure::kCritical:
      return "critical";
  }
  return "";
}

}  // namespace stemwright::platform
