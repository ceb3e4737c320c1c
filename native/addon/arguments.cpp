#include "addon/arguments.h"

#include "addon/errors.h"

#include <cmath>
#include <utility>

namespace stemwright::addon {

Argument Argument::of(const Napi::CallbackInfo& info, std::size_t index, const char* name) {
  return {info[index], name};
}

void Argument::refuse(const std::string& expected) const {
  throw Napi::TypeError::New(value_.Env(), name_ + " must be " + expected);
}

std::string Argument::text() const {
  if (!value_.IsString()) refuse("a string");
  return value_.As<Napi::String>().Utf8Value();
}

std::string Argument::path() const {
  std::string path = text();
  if (path.empty() || path.find('\0') != std::string::npos) refuse("a path");
  return path;
}

bool Argument::flag() const {
  if (!value_.IsBoolean()) refuse("a boolean");
  return value_.As<Napi::Boolean>().Value();
}

double Argument::number() const {
  const double number = value_.IsNumber() ? value_.As<Napi::Number>().DoubleValue() : NAN;
  if (!std::isfinite(number)) refuse("a finite number");
  return number;
}

std::uint64_t Argument::whole(std::uint64_t most) const {
  const double number = value_.IsNumber() ? value_.As<Napi::Number>().DoubleValue() : NAN;
  if (!(number >= 0 && number <= static_cast<double>(most)) || number != std::floor(number)) {
    refuse("a whole number from 0 to " + std::to_string(most));
  }
  return static_cast<std::uint64_t>(number);
}

Napi::Object Argument::object() const {
  if (!value_.IsObject()) refuse("an object");
  return value_.As<Napi::Object>();
}

Napi::Function Argument::function() const {
  if (!value_.IsFunction()) refuse("a function");
  return value_.As<Napi::Function>();
}

std::vector<std::byte> Argument::bytes() const {
  if (!value_.IsTypedArray() ||
      value_.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    refuse("a Buffer");
  }
  const auto array = value_.As<Napi::Uint8Array>();
  const auto* first = reinterpret_cast<const std::byte*>(array.Data());
  return {first, first + array.ByteLength()};
}

std::span<float> Argument::floats() const {
  if (!value_.IsTypedArray() ||
      value_.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) {
    refuse("a Float32Array");
  }
  const auto array = value_.As<Napi::Float32Array>();
  return std::span<float>(const_cast<float*>(array.Data()), array.ElementLength());
}

std::span<float> Argument::floats(std::size_t count) const {
  const std::span<float> values = floats();
  if (values.size() != count) {
    throw toJs(value_.Env(),
               {core::ErrorCode::kInvalidArgument, name_ + " has " + std::to_string(values.size()) +
                                                       " values, not " + std::to_string(count)});
  }
  return values;
}

Argument Argument::operator[](const char* key) const {
  return {object().Get(key), name_ + "." + key};
}

std::vector<Argument> Argument::elements() const {
  if (!value_.IsArray()) refuse("an array");
  const auto array = value_.As<Napi::Array>();
  std::vector<Argument> elements;
  for (std::uint32_t index = 0; index < array.Length(); ++index) {
    elements.emplace_back(array.Get(index), name_ + "[" + std::to_string(index) + "]");
  }
  return elements;
}

}  // namespace stemwright::addon
