#pragma once

#include <string>
#include <vector>

namespace stemwright::session {

struct EngineInfo {
  std::string isa;                         ///< instruction set in use
  std::vector<std::string> availableIsas;  ///< slowest first
  std::string isaOverrideError;            ///< why STEMWRIGHT_ISA was not honoured, or empty
  std::string bf16;                        ///< what multiplies models in bf16; empty: nothing does
  unsigned hardwareThreads = 1;
};

EngineInfo engineInfo();

}  // namespace stemwright::session
