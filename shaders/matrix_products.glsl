// The rest of matrix_units.glsl, once `tile` is there. Places and strides are pairs of words: four halves or two floats.
uvec2 wordsOf(f16vec4 v) { return uvec2(packFloat2x16(v.xy), packFloat2x16(v.zw)); }

// The upper 11 bits of a value, and the rest. Cut off as bits: a driver may take a conversion there and back for nothing, and has.
void put(uint at, uint size, vec4 value) {
#if PARTS == 2
  const vec4 upper = uintBitsToFloat(floatBitsToUint(value) & 0xffffe000u);
  tile[at] = wordsOf(f16vec4(upper));
  tile[at + size] = wordsOf(f16vec4(value - upper));
#else
  tile[at] = wordsOf(f16vec4(value));
#endif
}

#ifdef EMULATED
#define UNROLL [[dont_unroll]]
// A fragment is where it lies, and its stride.
struct FragmentA { uint at; uint stride; };
#define FragmentB FragmentA
struct FragmentT { uint at; uint stride; };
#define Sums vec4[2]  // of half a row
#define noSums() Sums(vec4(0.0), vec4(0.0))

uint warpNumber() { return gl_LocalInvocationID.x / 32; }
uint laneNumber() { return gl_LocalInvocationID.x % 32; }
#define warpBarrier() barrier()

void fetchA(out FragmentA fragment, uint at, uint stride) { fragment = FragmentA(at, stride); }
#define fetchB fetchA
void fetchT(out FragmentT fragment, uint at, uint stride) { fragment = FragmentT(at, stride); }

vec4 halvesAt(uint at) { return vec4(unpackHalf2x16(tile[at].x), unpackHalf2x16(tile[at].y)); }
vec4 rowOf(FragmentA a, uint k) { return halvesAt(a.at + laneNumber() / 2 * a.stride + k); }

Sums multiplyAdd(FragmentA a, FragmentB b, Sums sums) {
  for (uint k = 0; k < 16; ++k) {
    const float value = rowOf(a, k / 4)[k % 4];
    const uint at = b.at + k * b.stride + laneNumber() % 2 * 2;
    sums[0] += value * halvesAt(at);
    sums[1] += value * halvesAt(at + 1);
  }
  return sums;
}

Sums multiplyAdd(FragmentA a, FragmentT b, Sums sums) {
  for (uint n = 0; n < 8; ++n) {
    const uint at = b.at + (laneNumber() % 2 * 8 + n) * b.stride;
    for (uint k = 0; k < 4; ++k) sums[n / 4][n % 4] += dot(rowOf(a, k), halvesAt(at + k));
  }
  return sums;
}

Sums added(Sums a, Sums b) { return Sums(a[0] + b[0], a[1] + b[1]); }

void keep(Sums sums, uint at, uint stride) {
  const uint first = at + laneNumber() / 2 * stride + laneNumber() % 2 * 4;
  [[unroll]] for (uint i = 0; i < 2; ++i) {
    const uvec4 words = floatBitsToUint(sums[i]);
    tile[first + 2 * i] = words.xy;
    tile[first + 2 * i + 1] = words.zw;
  }
}
#else
#define UNROLL [[unroll]]
#define FragmentA fcoopmatNV<16, gl_ScopeSubgroup, 16, 16>
#define FragmentB fcoopmatNV<16, gl_ScopeSubgroup, 16, 16>
#define FragmentT FragmentB  // which lies there transposed
#define Sums fcoopmatNV<32, gl_ScopeSubgroup, 16, 16>
#define noSums() Sums(0.0)
#define warpNumber() gl_SubgroupID
#define laneNumber() gl_SubgroupInvocationID
#define warpBarrier() subgroupBarrier()
#define fetchA(fragment, at, stride) coopMatLoadNV(fragment, tile, at, stride, false)
#define fetchB(fragment, at, stride) coopMatLoadNV(fragment, tile, at, stride, false)
#define fetchT(fragment, at, stride) coopMatLoadNV(fragment, tile, at, stride, true)
#define multiplyAdd(a, b, sums) coopMatMulAddNV(a, b, sums)
#define added(a, b) ((a) + (b))
#define keep(sums, at, stride) coopMatStoreNV(sums, tile, at, stride, false)
#endif

// Of 16 steps of the depth.
#if PARTS == 2
#define product(a, b) multiplyAdd(a[0], b[0], multiplyAdd(a[0], b[1], multiplyAdd(a[1], b[0], noSums())))
#else
#define product(a, b) multiplyAdd(a[0], b[0], noSums())
#endif
