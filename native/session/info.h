#pragma once

#include <string>
#include <vector>

namespace stemwright::session {

struct EngineInfo {
  std::string isa;                         ///< instruction set in use
  std::vector<std::string> availableIsas;  ///< slowest first
  std::string isaOverrideError;            ///< why STEMWRIGHT_ISA was not honoured, or empty
  bool hasBf16 = false;                    ///< whether models can be computed in bf16
  unsigned hardwareThreads = 1;
};

EngineInfo engineInfo();

}  // namespace stemwright::session
