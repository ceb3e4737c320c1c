#include "models/weight_file.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "tests/pcm/temporary_folder.h"

namespace stemwright {
namespace {

using core::Shape;
using models::DType;
using models::TensorEntry;
using models::WeightFile;

/// Eight bytes of something else, then the values.
std::string writeFile(const TemporaryFolder& folder, const std::vector<float>& values) {
  const std::string path = folder.file("weights.bin");
  std::ofstream file(path, std::ios::binary);
  file.write("headline", 8);
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(float)));
  return path;
}

}  // namespace

TEST_SUITE("models") {
  TEST_CASE("tensors are read where the table says, in each precision") {
    const TemporaryFolder folder;
    // 0x40403f80 as two bfloat16 are 1 and 3; 0x42003c00 as two halves 1 and 3.
    const std::string path = writeFile(folder, {1.5f, -2.0f, 0, 0});
    const std::uint32_t packed[] = {0x40403f80u, 0x42003c00u};
    std::fstream(path, std::ios::in | std::ios::out | std::ios::binary)
        .seekp(16)
        .write(reinterpret_cast<const char*>(packed), sizeof packed);
    auto file = WeightFile::open(path, {{"single", DType::kF32, {2, 1}, 8, 8},
                                        {"brain", DType::kBF16, {2}, 16, 4},
                                        {"half", DType::kF16, {2}, 20, 4}});
    REQUIRE(file.ok());
    CHECK(file.value().unread() == std::vector<std::string>{"brain", "half", "single"});
    auto single = file.value().read("single", {2, 1});
    REQUIRE(single.ok());
    CHECK(single.value()[0] == 1.5f);
    CHECK(single.value()[1] == -2.0f);
    for (const char* name : {"brain", "half"}) {
      auto narrow = file.value().read(name, {2});
      REQUIRE(narrow.ok());
      CHECK(narrow.value()[0] == 1.0f);
      CHECK(narrow.value()[1] == 3.0f);
    }
    CHECK(file.value().unread().empty());
  }

  TEST_CASE("what a table claims and the file does not hold is refused by name") {
    constexpr std::size_t kHuge = std::numeric_limits<std::size_t>::max() / 2 + 1;
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    const TemporaryFolder folder;
    const std::string path =
        writeFile(folder, {1, std::numeric_limits<float>::quiet_NaN(), INFINITY, 4});
    struct Case {
      const char* fault;
      TensorEntry entry;
      Shape wanted;
    };
    for (const Case& c : {
             Case{"is missing", {"other", DType::kF32, {1}, 8, 4}, {1}},
             Case{"has shape", {"x", DType::kF32, {1, 1}, 8, 4}, {1}},
             Case{"has shape", {"x", DType::kF32, {1, 1, 1, 1, 1, 1, 1}, 8, 4}, {1}},
             Case{"do not fit its shape", {"x", DType::kF32, {1}, 8, 8}, {1}},
             Case{"do not fit its shape", {"x", DType::kF16, {1}, 8, 3}, {1}},
             Case{"do not fit its shape", {"x", DType::kF32, {kHuge, 2}, 8, 0}, {kHuge, 2}},
             Case{"do not fit its shape", {"x", DType::kF32, {kHuge, 4}, 8, 4}, {kHuge, 4}},
             Case{"do not fit its shape", {"x", DType::kF32, {kHuge}, 8, kMost}, {kHuge}},
             Case{"beyond the end", {"x", DType::kF32, {5}, 8, 20}, {5}},
             Case{"beyond the end", {"x", DType::kF32, {1}, 21, 4}, {1}},
             Case{"beyond the end", {"x", DType::kF32, {1}, kMost - 2, 4}, {1}},
             Case{"not finite", {"x", DType::kF32, {1}, 12, 4}, {1}},
             Case{"not finite", {"x", DType::kF32, {1}, 16, 4}, {1}},
         }) {
      CAPTURE(c.fault);
      auto file = WeightFile::open(path, {c.entry});
      REQUIRE(file.ok());
      const auto read = file.value().read("x", c.wanted);
      REQUIRE_FALSE(read.ok());
      CHECK(read.error().code == core::ErrorCode::kModel);
      CHECK(read.error().message.find("tensor x") != std::string::npos);
      CHECK(read.error().message.find(c.fault) != std::string::npos);
    }
  }

  TEST_CASE("files that cannot be mapped and names given twice are refused") {
    const TemporaryFolder folder;
    const std::string path = writeFile(folder, {1});
    const TensorEntry entry{"x", DType::kF32, {1}, 8, 4};
    CHECK_FALSE(WeightFile::open(path, {entry, entry}).ok());
    CHECK_FALSE(WeightFile::open(folder.file("absent"), {}).ok());
    CHECK_FALSE(WeightFile::open(folder.file("."), {}).ok());
    std::ofstream(folder.file("empty")).flush();
    CHECK_FALSE(WeightFile::open(folder.file("empty"), {}).ok());
  }
}

}  // namespace stemwright
