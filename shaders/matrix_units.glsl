// Products of 16 x 16 halves, summed in float, by subgroups of 32. The including shader declares `tile` and its strides.
#ifdef EMULATED
#define FragmentA uint
#define FragmentB uint
#define Sums vec4[2]  // of half a row
#define noSums() Sums(vec4(0.0), vec4(0.0))

uint warpNumber() { return gl_LocalInvocationID.x / 32; }
uint fragmentRow() { return gl_LocalInvocationID.x % 32 / 2; }
uint fragmentColumn() { return gl_LocalInvocationID.x % 2 * 8; }

void fetchA(out uint fragment, uint at) { fragment = at; }
void fetchB(out uint fragment, uint at) { fragment = at; }
vec4 halvesAt(uint at) { return vec4(unpackHalf2x16(tile[at].x), unpackHalf2x16(tile[at].y)); }

Sums multiplyAdd(uint a, uint b, Sums sums) {
  for (uint k = 0; k < 16; ++k) {
    const float value = halvesAt(a + fragmentRow() * A_STRIDE + k / 4)[k % 4];
    const uint at = b + k * B_STRIDE + fragmentColumn() / 4;
    sums[0] += value * halvesAt(at);
    sums[1] += value * halvesAt(at + 1);
  }
  return sums;
}

Sums added(Sums a, Sums b) { return Sums(a[0] + b[0], a[1] + b[1]); }

void keep(Sums sums, uint at) {
  const uint first = at + fragmentRow() * OUT_STRIDE + fragmentColumn() / 2;
  [[unroll]] for (uint i = 0; i < 2; ++i) {
    const uvec4 words = floatBitsToUint(sums[i]);
    tile[first + 2 * i] = words.xy;
    tile[first + 2 * i + 1] = words.zw;
  }
}
#else
#define FragmentA fcoopmatNV<16, gl_ScopeSubgroup, 16, 16>
#define FragmentB fcoopmatNV<16, gl_ScopeSubgroup, 16, 16>
#define Sums fcoopmatNV<32, gl_ScopeSubgroup, 16, 16>
#define noSums() Sums(0.0)
#define warpNumber() gl_SubgroupID
#define fetchA(fragment, at) coopMatLoadNV(fragment, tile, at, A_STRIDE, false)
#define fetchB(fragment, at) coopMatLoadNV(fragment, tile, at, B_STRIDE, false)
#define multiplyAdd(a, b, sums) coopMatMulAddNV(a, b, sums)
#define added(a, b) ((a) + (b))
#define keep(sums, at) coopMatStoreNV(sums, tile, at, OUT_STRIDE, false)
#endif
