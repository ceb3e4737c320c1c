#include "platform/calibration.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

namespace stemwright::platform {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSmallest = 256;
constexpr std::size_t kLargest = std::size_t{1} << 22;
constexpr std::size_t kMostBatch = 1024;

/// The first of `from`, 2 from, … from which on the GPU is faster throughout; kNever when it is
/// not at the last.
template <typename WorkAt>
std::size_t crossover(std::size_t from, std::size_t to, const Stopwatch& stopwatch, WorkAt workAt) {
  std::size_t found = kNever;
  for (std::size_t at = to; at >= from; at /= 2) {
    const Workload work = workAt(at);
    if (stopwatch(work, true) >= stopwatch(work, false)) break;
    found = at;
  }
  return found;
}

std::string numberText(std::size_t value) {
  return value == kNever ? "never" : std::to_string(value);
}

std::optional<std::size_t> readNumber(const std::string& text) {
  if (text == "never") return kNever;
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return static_cast<std::size_t>(std::stoull(text));
}

}  // namespace

Calibration calibrate(const Stopwatch& stopwatch) {
  Calibration calibration = kPriorCalibration;
  for (const Operation operation :
       {Operation::kFft, Operation::kMatrixProduct, Operation::kConvolution}) {
    const std::size_t size = crossover(kSmallest, kLargest, stopwatch, [&](std::size_t at) {
      return Workload{operation, at, 1};
    });
    // Batches of what one alone is too small for.
    const std::size_t small = size == kNever ? 4 * kSmallest : std::max(kSmallest, size / 4);
    const std::size_t batch = crossover(2, kMostBatch, stopwatch, [&](std::size_t at) {
      return Workload{operation, small, at};
    });
    calibration[static_cast<std::size_t>(operation)] = {size, batch};
  }
  return calibration;
}

std::string calibrationText(const Calibration& calibration) {
  std::string text;
  for (std::size_t i = 0; i < kOperations; ++i) {
    text += std::string(operationName(static_cast<Operation>(i))) + " " +
            numberText(calibration[i].size) + " " + numberText(calibration[i].batch) + "\n";
  }
  return text;
}

std::optional<Calibration> readCalibration(std::string_view text) {
  std::istringstream lines{std::string(text)};
  Calibration calibration = kPriorCalibration;
  for (std::size_t i = 0; i < kOperations; ++i) {
    std::string name, size, batch;
    lines >> name >> size >> batch;
    const auto from = readNumber(size);
    const auto rows = readNumber(batch);
    if (name != operationName(static_cast<Operation>(i)) || !from || !rows) return std::nullopt;
    calibration[i] = {*from, *rows};
  }
  return calibration;
}

Calibration calibrationFor(const fs::path& file, const std::string& key,
                           const Stopwatch& stopwatch) {
  {
    std::ifstream stream(file, std::ios::binary);
    std::string known;
    std::getline(stream, known);
    const std::string rest{std::istreambuf_iterator<char>(stream), {}};
    const auto calibration = known == key ? readCalibration(rest) : std::nullopt;
    if (calibration) return *calibration;
  }
  const Calibration measured = calibrate(stopwatch);
  const fs::path fresh = fs::path(file) += ".new";
  {
    std::ofstream stream(fresh, std::ios::binary | std::ios::trunc);
    stream << key << "\n" << calibrationText(measured);
  }
  std::error_code ignored;
  fs::rename(fresh, file, ignored);
  return measured;
}

}  // namespace stemwright::platform
