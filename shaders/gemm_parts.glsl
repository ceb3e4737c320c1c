// What every product has in common: rows of A gathered tap by tap, and what becomes of a sum. The including shader declares
// GEMM_ARGS; SCALAR reads A by single elements where inChannels is no multiple of 4.
#ifdef SCALAR
layout(std430, binding = 0) readonly buffer InputBuffer { STORED x[]; };
#else
layout(std430, binding = 0) readonly buffer InputBuffer { STORED4 x[]; };
#endif
layout(std430, binding = 1) readonly buffer WeightBuffer { STORED4 weight[]; };
layout(std430, binding = 2) readonly buffer BiasBuffer { float bias[]; };
layout(std430, binding = 3) readonly buffer ScaleBuffer { float scale[]; };
layout(std430, binding = 4) readonly buffer ResidualBuffer { STORED residual[]; };
layout(std430, binding = 5) readonly buffer ResidualPairs { STORED2 residual2[]; };
layout(std430, binding = 6) writeonly buffer OutputBuffer { STORED y[]; };
layout(std430, binding = 7) writeonly buffer OutputPairs { STORED2 y2[]; };
struct Place {
  int y;      // input row and column of the first tap
  int x;
  bool inside;
};

Place placeOf(uint row) {
  const uint y = row / args.outWidth;
  const uint x = row - y * args.outWidth;
  return Place(int(y * args.strideHeight) - int(args.paddingHeight),
               int(x * args.strideWidth) - int(args.paddingWidth), row < args.rows);
}

// Where along the taps and channels a column of A lies.
struct Cursor {
  uint channel;
  uint tapY;
  uint tapX;
};

Cursor cursorAt(uint k) {
  const uint tap = k / args.inChannels;
  const uint tapY = tap / args.kernelWidth;
  return Cursor(k - tap * args.inChannels, tapY, tap - tapY * args.kernelWidth);
}

void advance(inout Cursor at, uint by) {
  at.channel += by;
  while (at.channel >= args.inChannels) {
    at.channel -= args.inChannels;
    if (++at.tapX == args.kernelWidth) {
      at.tapX = 0;
      ++at.tapY;
    }
  }
}

int indexOf(Place place, Cursor at) {
  const int row = place.y + int(at.tapY * args.dilationHeight);
  const int column = place.x + int(at.tapX * args.dilationWidth);
  const bool inside = place.inside && row >= 0 && row < int(args.inHeight) && column >= 0 &&
                      column < int(args.inWidth);
  return inside ? (row * int(args.inWidth) + column) * int(args.inChannels) + int(at.channel) : -1;
}

vec4 loadA(Place place, Cursor at, uint k) {
  if (k >= args.depth) return vec4(0.0);
#ifdef SCALAR
  vec4 value = vec4(0.0);
  for (uint i = 0; i < 4 && k + i < args.depth; ++i) {
    const int index = indexOf(place, at);
    if (index >= 0) value[i] = float(x[index]);
    advance(at, 1);
  }
  return value;
#else
  const int index = indexOf(place, at);
  return index >= 0 ? vec4(x[index >> 2]) : vec4(0.0);
#endif
}

vec4 loadB(uint k, uint column) {
  if (k >= args.depth || column >= args.weightStride) return vec4(0.0);
  return vec4(weight[(k * args.weightStride + column) >> 2]);
}

void storeOne(uint y0, uint x0, uint column, float value) {
  const uint phase = args.phases == 1 ? 0 : column / args.phaseColumns;
  const uint channel = column - phase * args.phaseColumns;
  const uint row = y0 * args.phases + phase - args.crop;  // beyond all rows where it is before the first
  if (row < args.outRows) {
    if (args.hasScale != 0) value *= scale[channel];
    if (args.hasResidual != 0) {
      value += float(residual[row * args.residualRowStride + x0 * args.residualColumnStride + channel]);
    }
    y[row * args.outRowStride + x0 * args.outColumnStride + channel] = STORED(value);
  }
}

void storePair(uint y0, uint x0, uint column, uint columns, vec2 value) {
  if (args.pairs != 0) {
    const uint phase = args.phases == 1 ? 0 : column / args.phaseColumns;
    const uint channel = column - phase * args.phaseColumns;
    const uint row = y0 * args.phases + phase - args.crop;
    if (column < columns && row < args.outRows) {
      if (args.hasScale != 0) value *= vec2(scale[channel], scale[channel + 1]);
      if (args.hasResidual != 0) {
        value += vec2(residual2[(row * args.residualRowStride + x0 * args.residualColumnStride + channel) >> 1]);
      }
      y2[(row * args.outRowStride + x0 * args.outColumnStride + channel) >> 1] = STORED2(value);
    }
  } else {
    if (column < columns) storeOne(y0, x0, column, value.x);
    if (column + 1 < columns) storeOne(y0, x0, column + 1, value.y);
  }
}

void store(uint y0, uint x0, uint column, vec4 value) {
  // Values and gates alternate, so a vector holds two of each.
  if (args.activation == ACTIVATION_GLU) {
    const vec2 gated = value.xz * vec2(sigmoid(value.y), sigmoid(value.w));
    storePair(y0, x0, column >> 1, args.columns >> 1, gated);
  } else {
    if (args.activation == ACTIVATION_GELU) {
      value = vec4(gelu(value.x), gelu(value.y), gelu(value.z), gelu(value.w));
    }
    storePair(y0, x0, column, args.columns, value.xy);
    storePair(y0, x0, column + 2, args.columns, value.zw);
  }
}

