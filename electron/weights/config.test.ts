import { describe, expect, test } from 'vitest';
import { StemwrightError } from '../contract/errors.ts';
import { parseKwargs } from './config.ts';
import { htdemucsShapes } from './testing.ts';

const sources = ['drums', 'bass', 'other', 'vocals'];

/** The arguments of the official htdemucs, as its package has them. */
const official = {
  sources, audio_channels: 2, samplerate: 44_100, segment: [39, 5], channels: 48, channels_time: null, growth: 2, nfft: 4096,
  wiener_iters: 0, end_iters: 0, wiener_residual: false, cac: true, depth: 4, rewrite: true, multi_freqs: [], multi_freqs_depth: 3,
  freq_emb: 0.2, emb_scale: 10, emb_smooth: true, kernel_size: 8, stride: 4, time_stride: 2, context: 1, context_enc: 0,
  norm_starts: 4, norm_groups: 4, dconv_mode: 3, dconv_depth: 2, dconv_comp: 8, dconv_init: 1e-3, bottom_channels: 512,
  t_layers: 5, t_hidden_scale: 4.0, t_heads: 8, t_dropout: 0.02, t_layer_scale: true, t_gelu: true, t_emb: 'sin',
  t_max_positions: 10_000, t_max_period: 10_000, t_weight_pos_embed: 1, t_cape_mean_normalize: true, t_cape_augment: true,
  t_cape_glob_loc_scale: [5000, 1, 1.4], t_sin_random_shift: 0, t_norm_in: true, t_norm_in_group: false, t_group_norm: false,
  t_norm_first: true, t_norm_out: true, t_weight_decay: 0, t_lr: null, t_sparse_self_attn: false, t_sparse_cross_attn: false,
  t_mask_type: 'diag', t_mask_random_seed: 42, t_sparse_attn_window: 400, t_global_window: 100, t_sparsity: 0.95,
  t_auto_sparsity: false, t_cross_first: false, rescale: 0.1,
};

test('fills in the defaults of Demucs', () => {
  expect(parseKwargs('m', { sources })).toEqual({
    sources, audioChannels: 2, sampleRate: 44_100, segment: [10, 1], channels: 48, growth: 2, depth: 4, nfft: 4096,
    bottomChannels: 0, dconvMode: 1, dconvDepth: 2, dconvComp: 8, normStarts: 4, normGroups: 4, freqEmb: 0.2, embScale: 10,
    embSmooth: true, kernelSize: 8, stride: 4, context: 1, contextEnc: 0, rewrite: true, tLayers: 5, tHeads: 8, tHiddenScale: 4,
    tNormIn: true, tNormOut: true, tNormFirst: true, tLayerScale: true, tGelu: true, tCrossFirst: false, tMaxPeriod: 10_000,
    tWeightPosEmbed: 1,
  });
});

test('reads the official models, whose parameters are counted', () => {
  const config = parseKwargs('m', official);
  expect(config).toMatchObject({ segment: [39, 5], bottomChannels: 512, dconvMode: 3 });
  const parameters = htdemucsShapes(config).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  expect(parameters).toBe(41_984_456);
});

test.each([
  [7.8, [39, 5]],
  [10, [10, 1]],
  [0.3, [3, 10]],
  [[4, 1], [4, 1]],
])('a segment of %j is the fraction %j', (segment, fraction) => {
  expect(parseKwargs('m', { sources, segment }).segment).toEqual(fraction);
});

describe('refuses by name', () => {
  test.each([
    [{ surprise: 1 }, 'm: kwarg "surprise" is not known'],
    [{ sources: undefined }, 'm: kwarg sources must be a list of names'],
    [{ sources: [] }, 'm: kwarg sources must hold 1 to 8 names'],
    [{ sources: Array.from({ length: 9 }, (_, i) => `s${i}`) }, 'm: kwarg sources must hold 1 to 8 names'],
    [{ sources: ['../../etc/passwd'] }, 'm: kwarg sources must be names of letters'],
    [{ sources: ['a/b'] }, 'm: kwarg sources must be names of letters'],
    [{ sources: ['.hidden'] }, 'm: kwarg sources must be names of letters'],
    [{ sources: ['-rf'] }, 'm: kwarg sources must be names of letters'],
    [{ sources: ['a\nb'] }, 'm: kwarg sources must be names of letters'],
    [{ sources: ['NUL'] }, 'm: kwarg sources must be names of letters'],
    [{ sources: ['Drums', 'drums'] }, 'm: kwarg sources names a source twice'],
    [{ audio_channels: 6 }, 'm: kwarg audio_channels must be 1 or 2'],
    [{ samplerate: 44_100.5 }, 'm: kwarg samplerate must be a whole number'],
    [{ segment: 0 }, 'm: kwarg segment must be a number of seconds'],
    [{ segment: [1, 0] }, 'm: kwarg segment must be a number of seconds'],
    [{ segment: [1, -1] }, 'm: kwarg segment must be a number of seconds'],
    [{ segment: '39/5' }, 'm: kwarg segment must be a number of seconds'],
    [{ segment: [1, 100] }, 'm: kwarg segment must be from 0.05 to 120 seconds'],
    [{ segment: 1e-9 }, 'm: kwarg segment must be a number of seconds'],
    [{ segment: 1e6 }, 'm: kwarg segment must be from 0.05 to 120 seconds'],
    [{ channels: 1e9 }, 'm: kwarg channels must be at most 1024'],
    [{ channels: '48' }, 'm: kwarg channels must be a whole number from 1 to 1024'],
    [{ channels_time: 24 }, 'm: kwarg channels_time only null is supported'],
    [{ growth: 1.5 }, 'm: kwarg growth must be a whole number'],
    [{ growth: 8, depth: 4, channels: 1024 }, 'm: kwarg growth 8 gives the innermost layer 524288 channels'],
    [{ depth: 5 }, 'm: kwarg depth must be at most 4'],
    [{ nfft: 2048 }, 'm: kwarg nfft only 4096 is supported'],
    [{ cac: false }, 'm: kwarg cac only true is supported'],
    [{ rewrite: false }, 'm: kwarg rewrite only true is supported'],
    [{ multi_freqs: [2] }, 'm: kwarg multi_freqs only an empty list is supported'],
    [{ freq_emb: 0 }, 'm: kwarg freq_emb must be at least'],
    [{ kernel_size: 6 }, 'm: kwarg kernel_size only 8 is supported'],
    [{ stride: 2 }, 'm: kwarg stride only 4 is supported'],
    [{ norm_starts: 2 }, 'm: kwarg norm_starts 2 puts norms into the convolution layers'],
    [{ dconv_mode: 4 }, 'm: kwarg dconv_mode must be at most 3'],
    [{ dconv_comp: 64 }, "m: kwarg dconv_comp 64 leaves the outermost layer's 48 channels none"],
    [{ t_emb: 'cape' }, 'm: kwarg t_emb only "sin" is supported'],
    [{ t_heads: 7 }, "m: kwarg t_heads 7 and 4 must divide the transformer's 512 channels"],
    [{ t_norm_first: false }, 'm: kwarg t_norm_first only true is supported'],
    [{ t_sparse_self_attn: true }, 'm: kwarg t_sparse_self_attn only false is supported'],
    [{ use_train_segment: false }, 'm: kwarg use_train_segment only true is supported'],
  ])('%j', (change, message) => {
    const attempt = () => parseKwargs('m', { ...official, ...change });
    expect(attempt).toThrow(StemwrightError);
    expect(attempt).toThrow(message);
  });

  test.each([[null], [7], ['text'], [[]]])('kwargs that are %j', (kwargs) => {
    expect(() => parseKwargs('m', kwargs)).toThrow('m: its kwargs are not an object');
  });
});
