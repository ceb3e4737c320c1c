// libFuzzer: hostile tensor tables over small files. Whatever WeightFile accepts must lie in the
// file and be finite; the sanitizers watch the rest.
#include <fuzzer/FuzzedDataProvider.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "models/weight_file.h"
#include "tests/fuzz/scratch_file.h"

namespace {

using stemwright::core::Shape;
using stemwright::models::DType;
using stemwright::models::TensorEntry;
using stemwright::models::WeightFile;

constexpr std::size_t kMostFileBytes = 512;

/// Small, or a power of two, so that products wrap often.
std::size_t dimension(FuzzedDataProvider& data) {
  return data.ConsumeBool() ? data.ConsumeIntegralInRange<std::size_t>(0, 9)
                            : std::size_t{1} << data.ConsumeIntegralInRange<unsigned>(0, 63);
}

/// True of its shape unless the input says otherwise, so that reads get past the first check.
TensorEntry entry(FuzzedDataProvider& data, std::string name) {
  TensorEntry made;
  made.name = std::move(name);
  made.dtype = data.PickValueInArray({DType::kF32, DType::kF16, DType::kBF16});
  const auto rank = data.ConsumeIntegralInRange<std::size_t>(0, Shape::kMaxRank + 1);
  std::uint64_t bytes = made.dtype == DType::kF32 ? 4 : 2;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    made.shape.push_back(dimension(data));
    bytes *= made.shape.back();
  }
  made.byteLength = data.ConsumeBool() ? bytes : data.ConsumeIntegral<std::uint64_t>();
  made.offset = data.ConsumeBool() ? data.ConsumeIntegralInRange<std::uint64_t>(0, kMostFileBytes)
                                   : data.ConsumeIntegral<std::uint64_t>();
  return made;
}

/// What the graph expects: the shape in the table, or another.
Shape wanted(FuzzedDataProvider& data, const TensorEntry& entry) {
  Shape shape;
  const bool asStored = data.ConsumeBool() && entry.shape.size() <= Shape::kMaxRank;
  const std::size_t rank =
      asStored ? entry.shape.size() : data.ConsumeIntegralInRange<std::size_t>(0, Shape::kMaxRank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    shape.append(asStored ? entry.shape[axis] : dimension(data));
  }
  return shape;
}

/// Elements of a shape, where the product may pass 64 bits.
double elements(const std::vector<std::size_t>& shape) {
  double product = 1;
  for (const std::size_t dim : shape) product *= static_cast<double>(dim);
  return product;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  static const stemwright::testing::ScratchFile file;
  FuzzedDataProvider data(input, size);
  std::vector<TensorEntry> table;
  for (auto left = data.ConsumeIntegralInRange<std::size_t>(1, 4); left > 0; --left) {
    table.push_back(entry(data, std::string(1, data.PickValueInArray({'a', 'b', 'c', 'd'}))));
  }
  std::vector<Shape> shapes;
  for (const TensorEntry& tensor : table) shapes.push_back(wanted(data, tensor));
  const std::string bytes = data.ConsumeRandomLengthString(kMostFileBytes);
  file.write(bytes);

  auto weights = WeightFile::open(file.path(), table);
  if (!weights.ok()) return 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto tensor = weights.value().read(table[i].name, shapes[i]);
    if (!tensor.ok()) {
      require(tensor.error().message.find("tensor " + table[i].name) != std::string::npos);
      continue;
    }
    const std::size_t width = table[i].dtype == DType::kF32 ? 4 : 2;
    require(tensor.value().size() * width == table[i].byteLength);
    require(elements(table[i].shape) == static_cast<double>(tensor.value().size()));
    require(table[i].offset <= bytes.size());
    require(table[i].byteLength <= bytes.size() - table[i].offset);
    for (const float value : tensor.value().span()) require(std::isfinite(value));
  }
  require(!weights.value().read("not in the table", {1}).ok());
  return 0;
}
