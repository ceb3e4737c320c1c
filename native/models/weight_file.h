#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/result.h"
#include "core/tensor.h"

namespace stemwright::models {

class MappedFile;

enum class DType : std::uint8_t { kF32, kF16, kBF16 };

/// Where one tensor lies in a file. Checked against the file when it is read, not before.
struct TensorEntry {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::size_t> shape;
  std::uint64_t offset = 0;  ///< bytes from the start of the file
  std::uint64_t byteLength = 0;
};

/// A file of weights, mapped read-only, with the table that says what lies where.
class WeightFile {
 public:
  /// @return kModel when the file cannot be mapped
  static core::Result<WeightFile> open(std::string path, std::vector<TensorEntry> tensors);
  /// Weights by rule, for benchmarks and tests: every tensor asked for exists, its values follow
  /// from its name and the seed (FNV-1a 64 and splitmix64; native/tests/fixtures/README.md).
  static WeightFile generated(std::uint64_t seed);

  ~WeightFile();
  WeightFile(WeightFile&&) noexcept;
  WeightFile& operator=(WeightFile&&) noexcept;

  /// The named tensor as float32.
  /// @return kModel, naming the tensor, when it is missing, has another shape, lies outside the
  ///         file or holds a number that is not finite
  core::Result<core::Tensor> read(std::string_view name, const core::Shape& shape);

  /// Names in the table that read() was never asked for.
  std::vector<std::string> unread() const;

 private:
  WeightFile();
  std::string path_;
  std::unique_ptr<MappedFile> mapping_;  ///< null: generated
  std::unordered_map<std::string, TensorEntry> tensors_;
  std::unordered_set<std::string> read_;
  std::uint64_t seed_ = 0;
};

}  // namespace stemwright::models
