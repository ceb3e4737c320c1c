#pragma once

#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "models/weight_file.h"

namespace stemwright::testing {

/// The tensor table of a trusted safetensors file (electron/weights reads the others).
inline std::vector<models::TensorEntry> weightTable(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::uint64_t length = 0;
  if (!file.read(reinterpret_cast<char*>(&length), sizeof length)) {
    throw std::runtime_error("cannot read " + path);
  }
  std::string header(length, '\0');
  file.read(header.data(), static_cast<std::streamsize>(length));

  const auto numbers = [](std::string_view list) {
    std::vector<std::uint64_t> values;
    for (std::size_t i = 0; i < list.size();) {
      std::uint64_t value = 0;
      const auto [end, fault] = std::from_chars(list.data() + i, list.data() + list.size(), value);
      if (fault == std::errc{}) {
        values.push_back(value);
        i = static_cast<std::size_t>(end - list.data());
      } else {
        ++i;
      }
    }
    return values;
  };
  const auto between = [&](std::size_t from, const std::string& open, char close) {
    const std::size_t start = header.find(open, from) + open.size();
    return std::string_view(header).substr(start, header.find(close, start) - start);
  };

  std::vector<models::TensorEntry> table;
  const std::string mark = ":{\"dtype\":\"";
  const auto compact = [&] {  // drop spaces outside strings
    std::string out;
    bool inside = false;
    for (std::size_t i = 0; i < header.size(); ++i) {
      const char c = header[i];
      if (c == '"' && (i == 0 || header[i - 1] != '\\')) inside = !inside;
      if (inside || !std::isspace(static_cast<unsigned char>(c))) out += c;
    }
    return out;
  };
  header = compact();
  for (std::size_t at = header.find(mark); at != std::string::npos;
       at = header.find(mark, at + 1)) {
    const std::size_t nameStart = header.rfind('"', at - 2) + 1;
    models::TensorEntry entry;
    entry.name = header.substr(nameStart, at - 1 - nameStart);
    const std::string_view dtype = between(at, "\"dtype\":\"", '"');
    entry.dtype = dtype == "F32"   ? models::DType::kF32
                  : dtype == "F16" ? models::DType::kF16
                                   : models::DType::kBF16;
    for (std::uint64_t dim : numbers(between(at, "\"shape\":[", ']'))) entry.shape.push_back(dim);
    const std::vector<std::uint64_t> offsets = numbers(between(at, "\"data_offsets\":[", ']'));
    entry.offset = 8 + length + offsets.at(0);
    entry.byteLength = offsets.at(1) - offsets.at(0);
    table.push_back(std::move(entry));
  }
  return table;
}

}  // namespace stemwright::testing
