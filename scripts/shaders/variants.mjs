/**
 * Every kernel that is built, and the defines that make it of its source.
 * @typedef {{ name: string, source: string, defines: Record<string, string | number> }} Variant
 */

/** Tiles of the product: outputs a workgroup and a thread. */
const tiles = {
  '128x96': { TILE_M: 128, TILE_N: 96, THREAD_M: 8, THREAD_N: 12 },
  '128x64': { TILE_M: 128, TILE_N: 64, THREAD_M: 8, THREAD_N: 8 },
  '64x64': { TILE_M: 64, TILE_N: 64, THREAD_M: 4, THREAD_N: 8 },
  '128x32': { TILE_M: 128, TILE_N: 32, THREAD_M: 8, THREAD_N: 4 },
};

/**
 * The same on matrix units. On an H200 it was the fastest, or within a tenth of it, of twelve at all of HTDemucs' shapes: small tiles
 * and a short step of the depth leave room for many workgroups.
 */
const matrixTile = { TILE_M: 64, TILE_N: 64, WARPS_M: 2, WARPS_N: 2 };

/** @param {string} name @param {string} source @param {Record<string, string | number>} [defines] @returns {Variant} */
const one = (name, source, defines = {}) => ({ name, source, defines });

/** The same in both storage precisions. @param {string} name @param {string} source @param {Record<string, string | number>} [defines] */
const both = (name, source, defines = {}) => [
  one(`${name}_f32`, source, defines),
  one(`${name}_f16`, source, { ...defines, HALF: 1 }),
];

/** @type {Variant[]} */
export const variants = [
  ...Object.entries(tiles).flatMap(([tile, defines]) => both(`gemm_${tile}`, 'gemm', defines)),
  ...both('gemm_matrix_64x64', 'gemm_matrix', { ...matrixTile, MATRIX: 1 }),
  ...both('gemm_matrix_scalar_64x64', 'gemm_matrix', { ...matrixTile, MATRIX: 1, SCALAR: 1 }),
  // For tests alone, on devices without matrix units.
  ...both('gemm_emulated_64x64', 'gemm_matrix', { ...matrixTile, EMULATED: 1 }),
  ...both('gemm_emulated_scalar_64x64', 'gemm_matrix', { ...matrixTile, EMULATED: 1, SCALAR: 1 }),
  ...both('gemm_scalar_128x64', 'gemm', { ...tiles['128x64'], SCALAR: 1 }),
  ...both('gemm_scalar_128x32', 'gemm', { ...tiles['128x32'], SCALAR: 1 }),
  ...both('attention', 'attention'),
  ...both('attention_subgroup', 'attention', { SUBGROUP: 1 }),
  ...both('attention_matrix', 'attention_matrix', { WARPS: 4, KEYS: 32, MATRIX: 1, SUBGROUP: 1 }),
  ...both('attention_emulated', 'attention_matrix', { WARPS: 2, KEYS: 16, EMULATED: 1, SUBGROUP: 1 }),
  ...both('moments', 'moments'),
  one('moments_merge', 'moments_merge'),
  ...both('norm', 'norm'),
  one('norm_raw_f16', 'norm', { RAW: 1, HALF: 1 }),
  ...both('layer_norm', 'layer_norm'),
  ...both('add', 'add'),
  one('fft', 'fft'),
  one('fft_pass_2', 'fft_pass', { RADIX: 2 }),
  one('fft_pass_4', 'fft_pass', { RADIX: 4 }),
  one('stft', 'stft'),
  ...both('istft', 'istft'),
  ...both('overlap_add', 'overlap_add'),
  one('complex_mac', 'complex_mac'),
  one('overlap_windows', 'overlap_windows'),
  one('overlap_blocks', 'overlap_blocks'),
  ...both('recurrent', 'recurrent'),
];
