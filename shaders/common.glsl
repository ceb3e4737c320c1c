// What every shader begins with. HALF stores activations and weights in 16 bits; sums are float.
#extension GL_EXT_control_flow_attributes : require
#include "args.h"

#ifdef HALF
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#define STORED float16_t
#define STORED2 f16vec2
#define STORED4 f16vec4
#else
#define STORED float
#define STORED2 vec2
#define STORED4 vec4
#endif

#define FIELD(type, name) type name;
#define ARGS(list) \
  layout(std140, binding = STEMWRIGHT_ARGS_BINDING) uniform Args { list(FIELD) } args;

// Abramowitz & Stegun 7.1.26, |error| <= 1.5e-7.
float erfOf(float x) {
  const float t = 1.0 / (1.0 + 0.3275911 * abs(x));
  const float p =
      t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - p * exp(-x * x));
}

float gelu(float x) { return 0.5 * x * (1.0 + erfOf(x * 0.7071067811865476)); }

float sigmoid(float x) { return 1.0 / (1.0 + exp(-x)); }
