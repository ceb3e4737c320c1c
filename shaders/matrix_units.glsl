// Products of 16 x 16 halves, summed in float, by subgroups of 32: what the including shader needs before it declares `tile`, its
// shared pairs of words. A value is the sum of two halves, so three products of halves make one of 22 bits; what they give
// for 16 steps of the depth is added outside of the units, which do not round. Values stored in halves need one product.
// EMULATED does the units' work in plain code, so that the rest can be tested where there are none.
// Source: Ootomo & Yokota 2022.
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#ifndef EMULATED
#pragma use_vulkan_memory_model
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_NV_cooperative_matrix : require
#endif

#ifdef HALF
#define PARTS 1
#else
#define PARTS 2
#endif
