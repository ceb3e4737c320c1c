#include "kernels/dispatch.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#if defined(_MSC_VER) && defined(_M_X64)
#include <intrin.h>
#endif
#if defined(STEMWRIGHT_HAVE_AMX)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#if defined(STEMWRIGHT_HAVE_NEONBF16) && defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(STEMWRIGHT_HAVE_NEONBF16)
#include <sys/auxv.h>
#endif

namespace stemwright::kernels {
namespace {

constexpr std::array<std::pair<Isa, std::string_view>, 5> kNames{{{Isa::kScalar, "scalar"},
                                                                  {Isa::kSse41, "sse41"},
                                                                  {Isa::kAvx2, "avx2"},
                                                                  {Isa::kAvx512, "avx512"},
                                                                  {Isa::kNeon, "neon"}}};

const Kernels kScalarTable{Isa::kScalar, gemmScalar,     gemmScalar,      elementwiseScalar,
                           normScalar,   fftScalar,      recurrentScalar, convolutionScalar,
                           biquadScalar, winogradScalar, softmaxScalar};
#if defined(STEMWRIGHT_HAVE_SSE41)
const Kernels kSse41Table{Isa::kSse41, gemmSse41,     gemmSse41,      elementwiseSse41,
                          normSse41,   fftSse41,      recurrentSse41, convolutionSse41,
                          biquadSse41, winogradSse41, softmaxSse41};
#endif
#if defined(STEMWRIGHT_HAVE_AVX2)
const Kernels kAvx2Table{Isa::kAvx2, gemmAvx2,     gemmAvx2,      elementwiseAvx2,
                         normAvx2,   fftAvx2,      recurrentAvx2, convolutionAvx2,
                         biquadAvx2, winogradAvx2, softmaxAvx2};
#endif
#if defined(STEMWRIGHT_HAVE_AVX512)
const Kernels kAvx512Table{Isa::kAvx512, gemmAvx512,     gemmAvx512,      elementwiseAvx512,
                           normAvx512,   fftAvx512,      recurrentAvx512, convolutionAvx512,
                           biquadAvx512, winogradAvx512, softmaxAvx512};
#endif
#if defined(STEMWRIGHT_HAVE_AVX512BF16)
const Kernels kAvx512Bf16Table{Isa::kAvx512, gemmAvx512,     gemmAvx512Bf16,   elementwiseAvx512,
                               normAvx512,   fftAvx512,      recurrentAvx512,  convolutionAvx512,
                               biquadAvx512, winogradAvx512, softmaxAvx512Bf16};
#endif
#if defined(STEMWRIGHT_HAVE_AMX)
const Kernels kAmxTable{Isa::kAvx512, gemmAvx512,     gemmAmx,          elementwiseAvx512,
                        normAvx512,   fftAvx512,      recurrentAvx512,  convolutionAvx512,
                        biquadAvx512, winogradAvx512, softmaxAvx512Bf16};
#endif
#if defined(STEMWRIGHT_HAVE_NEON)
const Kernels kNeonTable{Isa::kNeon, gemmNeon,     gemmNeon,      elementwiseNeon,
                         normNeon,   fftNeon,      recurrentNeon, convolutionNeon,
                         biquadNeon, winogradNeon, softmaxNeon};
#endif
#if defined(STEMWRIGHT_HAVE_NEONBF16)
const Kernels kNeonBf16Table{Isa::kNeon, gemmNeon,     gemmNeonBf16,   elementwiseNeon,
                             normNeon,   fftNeon,      recurrentNeon,  convolutionNeon,
                             biquadNeon, winogradNeon, softmaxNeonBf16};
#endif

#if defined(_MSC_VER) && defined(_M_X64)
/// CPUID leaf 7 and XCR0, as GCC's __builtin_cpu_supports reads them.
struct X86 {
  bool sse41, avx2, avx512;
};
X86 detectX86() {
  int leaf1[4];
  int leaf7[4];
  __cpuid(leaf1, 1);
  __cpuidex(leaf7, 7, 0);
  const bool osxsave = (leaf1[2] & (1 << 27)) != 0;
  const unsigned long long xcr0 = osxsave ? _xgetbv(0) : 0;
  const bool ymm = (xcr0 & 0x6) == 0x6;
  const bool zmm = (xcr0 & 0xe6) == 0xe6;
  const bool fma = (leaf1[2] & (1 << 12)) != 0 && (leaf1[2] & (1 << 29)) != 0;  // and F16C
  const unsigned avx512Bits = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);
  const bool avx512 = (static_cast<unsigned>(leaf7[1]) & avx512Bits) == avx512Bits;
  return {(leaf1[2] & (1 << 19)) != 0, ymm && fma && (leaf7[1] & (1 << 5)) != 0, zmm && avx512};
}
#endif

bool machineHas([[maybe_unused]] Isa isa) {
#if defined(_MSC_VER) && defined(_M_X64)
  static const X86 x86 = detectX86();
  if (isa == Isa::kSse41) return x86.sse41;
  if (isa == Isa::kAvx2) return x86.avx2;
  if (isa == Isa::kAvx512) return x86.avx512;
#elif defined(__x86_64__)
  if (isa == Isa::kSse41) return __builtin_cpu_supports("sse4.1");
  if (isa == Isa::kAvx2) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("f16c");
  }
  if (isa == Isa::kAvx512) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
#endif
  return true;
}

#if defined(STEMWRIGHT_HAVE_AVX512BF16)
bool machineHasBf16() {
  return machineHas(Isa::kAvx512) && __builtin_cpu_supports("avx512bf16");
}
#endif

#if defined(STEMWRIGHT_HAVE_AMX)
/// Linux lets a process have the tiles' registers once it has asked for them.
bool machineHasAmx() {
  constexpr int kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr int kTileData = 18;               // XFEATURE_XTILEDATA
  return machineHasBf16() && __builtin_cpu_supports("amx-bf16") &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

#if defined(STEMWRIGHT_HAVE_NEONBF16)
bool machineHasNeonBf16() {
#if defined(__APPLE__)
  int has = 0;
  std::size_t size = sizeof(has);
  return sysctlbyname("hw.optional.arm.FEAT_BF16", &has, &size, nullptr, 0) == 0 && has != 0;
#else
  constexpr unsigned long kBf16 = 1ul << 14;  // HWCAP2_BF16
  return (getauxval(AT_HWCAP2) & kBf16) != 0;
#endif
}
#endif

std::vector<const Kernels*> findBf16() {
  std::vector<const Kernels*> found;
#if defined(STEMWRIGHT_HAVE_NEONBF16)
  if (machineHasNeonBf16()) found.push_back(&kNeonBf16Table);
#endif
#if defined(STEMWRIGHT_HAVE_AVX512BF16)
  if (machineHasBf16()) found.push_back(&kAvx512Bf16Table);
#endif
#if defined(STEMWRIGHT_HAVE_AMX)
  if (machineHasAmx()) found.push_back(&kAmxTable);
#endif
  return found;
}

std::vector<Isa> findAvailable() {
  std::vector<Isa> found;
  for (const auto& [isa, name] : kNames) {
    if (kernelsFor(isa) != nullptr) found.push_back(isa);
  }
  return found;
}

struct Choice {
  const Kernels* kernels;
  std::string error;
};

Choice choose() {
  const Kernels* best = kernelsFor(availableIsas().back());
  const char* wanted = std::getenv("STEMWRIGHT_ISA");
  if (wanted == nullptr || *wanted == '\0') return {best, {}};
  const std::optional<Isa> isa = isaFromName(wanted);
  if (isa && kernelsFor(*isa) != nullptr) return {kernelsFor(*isa), {}};
  std::string error = "STEMWRIGHT_ISA=";
  error.append(wanted).append(" is not one of:");
  for (Isa available : availableIsas()) error.append(" ").append(isaName(available));
  return {best, error};
}

const Choice& choice() {
  static const Choice chosen = choose();
  return chosen;
}

}  // namespace

std::string_view isaName(Isa isa) {
  for (const auto& [known, name] : kNames) {
    if (known == isa) return name;
  }
  return "unknown";
}

std::optional<Isa> isaFromName(std::string_view name) {
  for (const auto& [isa, known] : kNames) {
    if (known == name) return isa;
  }
  return std::nullopt;
}

std::span<const Isa> availableIsas() {
  static const std::vector<Isa> available = findAvailable();
  return available;
}

const Kernels* kernelsFor(Isa isa) {
  if (!machineHas(isa)) return nullptr;
  switch (isa) {
    case Isa::kScalar:
      return &kScalarTable;
#if defined(STEMWRIGHT_HAVE_SSE41)
    case Isa::kSse41:
      return &kSse41Table;
#endif
#if defined(STEMWRIGHT_HAVE_AVX2)
    case Isa::kAvx2:
      return &kAvx2Table;
#endif
#if defined(STEMWRIGHT_HAVE_AVX512)
    case Isa::kAvx512:
      return &kAvx512Table;
#endif
#if defined(STEMWRIGHT_HAVE_NEON)
    case Isa::kNeon:
      return &kNeonTable;
#endif
    default:
      return nullptr;
  }
}

std::span<const Kernels* const> bf16Kernels() {
  static const std::vector<const Kernels*> found = findBf16();
  // A level that STEMWRIGHT_ISA names lower has none.
  if (kernels().isa != Isa::kAvx512 && kernels().isa != Isa::kNeon) return {};
  return found;
}

std::string_view bf16Name() {
  if (bf16Kernels().empty()) return {};
#if defined(STEMWRIGHT_HAVE_AMX)
  if (bf16Kernels().back() == &kAmxTable) return "amx";
#endif
  return kernels().isa == Isa::kNeon ? "neon-bf16" : "avx512-bf16";
}

const Kernels& kernels() {
  return *choice().kernels;
}

std::string_view isaOverrideError() {
  return choice().error;
}

}  // namespace stemwright::kernels
