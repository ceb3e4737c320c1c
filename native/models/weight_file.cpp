#include "models/weight_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/half.h"
#include "models/mapped_file.h"

namespace stemwright::models {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::Shape;
using core::Tensor;

std::size_t bytesOf(DType dtype) {
  return dtype == DType::kF32 ? 4 : 2;
}

/// Whether a tensor of that shape takes just so many bytes; sizes beyond 64 bits do not.
bool fills(const Shape& shape, DType dtype, std::uint64_t bytes) {
  std::uint64_t count = 1;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] != 0 && count > bytes / shape[axis]) return false;
    count *= shape[axis];
  }
  return bytes % bytesOf(dtype) == 0 && count == bytes / bytesOf(dtype);
}

std::string describe(const Shape& shape) {
  std::string text = "[";
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (axis != 0) text += ", ";
    text += std::to_string(shape[axis]);
  }
  return text + "]";
}

std::string describe(const std::vector<std::size_t>& shape) {
  Shape fixed;
  if (shape.size() > Shape::kMaxRank) return std::to_string(shape.size()) + " dimensions";
  for (std::size_t dim : shape) fixed.append(dim);
  return describe(fixed);
}

bool same(const std::vector<std::size_t>& a, const Shape& b) {
  if (a.size() != b.rank()) return false;
  for (std::size_t axis = 0; axis < a.size(); ++axis) {
    if (a[axis] != b[axis]) return false;
  }
  return true;
}

float decode(const std::byte* at, DType dtype) {
  if (dtype == DType::kF32) {
    float value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  std::uint16_t bits;
  std::memcpy(&bits, at, sizeof bits);
  return dtype == DType::kF16 ? core::halfToFloat(bits) : core::bfloat16ToFloat(bits);
}

/// Uniform in [-1, 1): element `index` (from 1) of the stream that the name and seed start.
float uniform(std::uint64_t start, std::uint64_t index) {
  std::uint64_t z = start + index * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  return static_cast<float>(static_cast<double>(z >> 40) / 8388608.0 - 1.0);
}

std::uint64_t streamStart(std::string_view name, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ seed;
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

Tensor generate(std::string_view name, const Shape& shape, std::uint64_t seed) {
  float gain = 0.1f;
  float offset = 0.0f;
  if (name.ends_with("embedding.weight")) {
    gain = 0.2f;
  } else if (shape.rank() >= 2) {
    const double fan = static_cast<double>(shape.count() / shape[0]);
    gain = static_cast<float>(std::sqrt(3.0 / fan) * 0.9);
  } else if (name.ends_with(".scale")) {
    gain = 0.3f;
    offset = 0.5f;
  } else if (name.ends_with(".weight")) {
    gain = 0.2f;
    offset = 1.0f;
  }
  Tensor tensor(shape);
  const std::uint64_t start = streamStart(name, seed);
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    tensor[i] = offset + gain * uniform(start, i + 1);
  }
  return tensor;
}

}  // namespace

WeightFile::WeightFile() = default;
WeightFile::~WeightFile() = default;
WeightFile::WeightFile(WeightFile&&) noexcept = default;
WeightFile& WeightFile::operator=(WeightFile&&) noexcept = default;

Result<WeightFile> WeightFile::open(std::string path, std::vector<TensorEntry> tensors) {
  Result<MappedFile> mapped = MappedFile::open(path);
  if (!mapped.ok()) return mapped.error();
  WeightFile file;
  file.path_ = std::move(path);
  file.mapping_ = std::make_unique<MappedFile>(std::move(mapped).value());
  for (TensorEntry& entry : tensors) {
    std::string name = entry.name;
    if (!file.tensors_.emplace(std::move(name), std::move(entry)).second) {
      return Error{ErrorCode::kModel, file.path_ + ": a tensor is named twice in the table"};
    }
  }
  return file;
}

WeightFile WeightFile::generated(std::uint64_t seed) {
  WeightFile file;
  file.path_ = "weights by rule";
  file.seed_ = seed;
  return file;
}

Result<Tensor> WeightFile::read(std::string_view name, const Shape& shape) {
  read_.emplace(name);
  if (mapping_ == nullptr) return generate(name, shape, seed_);

  const auto fault = [&](const std::string& what) {
    return Error{ErrorCode::kModel, path_ + ": tensor " + std::string(name) + " " + what};
  };
  const auto found = tensors_.find(std::string(name));
  if (found == tensors_.end()) return fault("is missing; it should be " + describe(shape));
  const TensorEntry& entry = found->second;
  if (!same(entry.shape, shape)) {
    return fault("has shape " + describe(entry.shape) + " where " + describe(shape) + " belongs");
  }
  if (!fills(shape, entry.dtype, entry.byteLength)) {
    return fault("has " + std::to_string(entry.byteLength) + " bytes, which do not fit its shape");
  }
  const std::span<const std::byte> file = mapping_->bytes();
  if (entry.offset > file.size() || entry.byteLength > file.size() - entry.offset) {
    return fault("lies beyond the end of the file");
  }
  Tensor tensor(shape);
  const std::byte* from = file.data() + entry.offset;
  const std::size_t width = bytesOf(entry.dtype);
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    tensor[i] = decode(from + i * width, entry.dtype);
    if (!std::isfinite(tensor[i])) return fault("holds a number that is not finite");
  }
  return tensor;
}

std::vector<std::string> WeightFile::unread() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : tensors_) {
    if (!read_.contains(name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace stemwright::models
