#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace stemwright::testing {

/// A float tensor of a fixture.
struct FixtureTensor {
  std::vector<std::size_t> shape;
  std::vector<float> values;

  std::span<const float> span() const { return values; }
  const float* data() const { return values.data(); }
  std::size_t size() const { return values.size(); }
};

/// Reads the fixtures of this repository, and no more than they need: F32 tensors, a header
/// without escapes. Throws std::runtime_error on anything else.
class Fixture {
 public:
  /// @param name file name inside native/tests/fixtures
  explicit Fixture(const std::string& name) {
    const std::string path = std::string(STEMWRIGHT_FIXTURES) + "/" + name;
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("fixture missing: " + path);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    std::uint64_t length = 0;
    if (bytes.size() < sizeof length) throw std::runtime_error("fixture too short: " + path);
    std::memcpy(&length, bytes.data(), sizeof length);
    header_ = std::string_view(bytes).substr(sizeof length, length);
    data_ = std::string_view(bytes).substr(sizeof length + length);
    parse();
    header_ = data_ = {};
  }

  bool has(const std::string& name) const { return tensors_.count(name) != 0; }
  const FixtureTensor& operator[](const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) throw std::runtime_error("fixture has no tensor " + name);
    return found->second;
  }
  const std::map<std::string, FixtureTensor>& tensors() const { return tensors_; }

 private:
  void parse() {
    expect('{');
    for (bool first = true; !accept('}'); first = false) {
      if (!first) expect(',');
      const std::string name = text();
      expect(':');
      if (name == "__metadata__") {
        skipStrings();
      } else {
        tensors_[name] = tensor();
      }
    }
  }

  FixtureTensor tensor() {
    FixtureTensor result;
    std::vector<std::size_t> offsets;
    expect('{');
    for (bool first = true; !accept('}'); first = false) {
      if (!first) expect(',');
      const std::string key = text();
      expect(':');
      if (key == "dtype") {
        if (text() != "F32") throw std::runtime_error("fixture: only F32 is read");
      } else {
        (key == "shape" ? result.shape : offsets) = numbers();
      }
    }
    const std::string_view bytes = data_.substr(offsets.at(0), offsets.at(1) - offsets.at(0));
    result.values.resize(bytes.size() / sizeof(float));
    std::memcpy(result.values.data(), bytes.data(), bytes.size());
    return result;
  }

  void skipStrings() {
    expect('{');
    while (!accept('}')) {
      if (accept(',')) continue;
      text();
      expect(':');
      text();
    }
  }

  std::vector<std::size_t> numbers() {
    std::vector<std::size_t> result;
    expect('[');
    while (!accept(']')) {
      if (accept(',')) continue;
      std::size_t value = 0;
      const auto [end, fault] = std::from_chars(header_.begin(), header_.end(), value);
      if (fault != std::errc{}) throw std::runtime_error("fixture header: number expected");
      header_.remove_prefix(static_cast<std::size_t>(end - header_.begin()));
      result.push_back(value);
    }
    return result;
  }

  std::string text() {
    expect('"');
    const std::size_t end = header_.find('"');
    const std::string result(header_.substr(0, end));
    header_.remove_prefix(end + 1);
    return result;
  }

  bool accept(char wanted) {
    while (!header_.empty() && header_.front() == ' ') header_.remove_prefix(1);
    if (header_.empty() || header_.front() != wanted) return false;
    header_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) throw std::runtime_error(std::string("fixture header: no ") + wanted);
  }

  std::string_view header_;
  std::string_view data_;
  std::map<std::string, FixtureTensor> tensors_;
};

/// RMS of the difference over RMS of the expectation; infinite when lengths differ.
inline double relativeRms(std::span<const float> actual, std::span<const float> expected) {
  if (actual.size() != expected.size()) return INFINITY;
  double difference = 0;
  double power = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    difference += std::pow(static_cast<double>(actual[i]) - expected[i], 2);
    power += std::pow(static_cast<double>(expected[i]), 2);
  }
  return std::sqrt(difference / power);
}

}  // namespace stemwright::testing
