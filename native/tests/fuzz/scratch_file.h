#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/pcm/temporary_folder.h"

namespace stemwright::testing {

/// A file that each fuzzer run fills anew; gone with the process.
class ScratchFile {
 public:
  std::string path() const { return folder_.file("scratch"); }
  void write(const std::string& bytes) const {
    std::ofstream file(path(), std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) std::abort();
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace stemwright::testing
