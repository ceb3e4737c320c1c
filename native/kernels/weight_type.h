#pragma once

namespace stemwright::kernels {

/// How weights lie in memory; what they are multiplied with and summed in is float.
enum class WeightType : unsigned char { kFp32, kBf16, kFp16 };

}  // namespace stemwright::kernels
