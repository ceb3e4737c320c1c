import { z } from 'zod';
import type { StemwrightError } from '../contract/errors.ts';
import type { HTDemucsConfig } from '../contract/network.ts';
import { modelFault, quoted, SUPPORTED } from './errors.ts';

const MIN_SEGMENT_SECONDS = 0.05;
const MAX_SEGMENT_SECONDS = 120;
const SEGMENT_RULE = 'must be a number of seconds or [numerator, denominator]';
const MAX_CHANNELS = 8192;

function integer(min: number, max: number, preset: number) {
  return z.int({ error: `must be a whole number from ${min} to ${max}` }).min(min, `must be at least ${min}`).max(max, `must be at most ${max}`).default(preset);
}

function real(min: number, max: number, preset: number) {
  return z.number({ error: `must be a number from ${min} to ${max}` }).min(min, `must be at least ${min}`).max(max, `must be at most ${max}`).default(preset);
}

function flag(preset: boolean) {
  return z.boolean({ error: 'must be true or false' }).default(preset);
}

/** An argument of which the engine computes one value alone, Demucs' default. */
function only<T extends string | number | boolean>(value: T) {
  return z.literal(value, { error: `only ${JSON.stringify(value)} is supported` }).default(value);
}

/** Arguments that steer training or initialisation, or that belong to a feature refused above: any value will do. */
const IGNORED = [
  't_dropout', 't_weight_decay', 't_lr', 't_sin_random_shift', 'dconv_init', 'rescale',
  'wiener_iters', 'end_iters', 'wiener_residual', 'multi_freqs_depth', 'time_stride', 't_max_positions',
  't_cape_mean_normalize', 't_cape_augment', 't_cape_glob_loc_scale', 't_mask_type', 't_mask_random_seed',
  't_sparse_attn_window', 't_global_window', 't_sparsity', 't_auto_sparsity',
] as const;

// Sources become file names: no separators, no leading dot or dash, none of Windows' device names.
const sourceName = z.string().regex(
  /^(?!(?:con|prn|aux|nul|com\d|lpt\d)$)(?![ -])[\p{L}\p{M}\p{N}_ -]{1,64}(?<! )$/iu,
  'must be names of letters, digits, spaces, _ and -',
);

const segment = z.union([z.number().transform(decimalFraction), z.tuple([z.number(), z.number()])], { error: SEGMENT_RULE })
  .refine(([n, d]) => Number.isSafeInteger(n) && Number.isSafeInteger(d) && n > 0 && d > 0, SEGMENT_RULE)
  .refine(([n, d]) => n / d >= MIN_SEGMENT_SECONDS && n / d <= MAX_SEGMENT_SECONDS, `must be from ${MIN_SEGMENT_SECONDS} to ${MAX_SEGMENT_SECONDS} seconds`);

/** Demucs 4's names, defaults and meanings: demucs/htdemucs.py, class HTDemucs. */
const kwargsSchema = z.strictObject({
  sources: z.array(sourceName, { error: 'must be a list of names' }).min(1, 'must hold 1 to 8 names').max(8, 'must hold 1 to 8 names'),
  audio_channels: z.literal([1, 2], { error: 'must be 1 or 2' }).default(2),
  samplerate: integer(8000, 192_000, 44_100),
  segment: segment.default([10, 1]),
  channels: integer(1, 1024, 48),
  channels_time: z.null({ error: 'only null is supported' }).default(null),
  growth: integer(1, 8, 2),
  // A fifth layer would make the frequency axis one bin, from where on Demucs has layers of another kind.
  depth: integer(1, 4, 4),
  nfft: only(4096),
  cac: only(true),
  rewrite: only(true),
  multi_freqs: z.union([z.null(), z.tuple([])], { error: 'only an empty list is supported' }).default(null),
  freq_emb: real(1e-6, 100, 0.2),
  emb_scale: real(1e-6, 1000, 10),
  emb_smooth: flag(true),
  kernel_size: only(8),
  stride: only(4),
  context: only(1),
  context_enc: only(0),
  norm_starts: integer(0, 1000, 4),
  norm_groups: integer(1, 1024, 4),
  dconv_mode: integer(0, 3, 1),
  dconv_depth: integer(1, 8, 2),
  dconv_comp: integer(1, 1024, 8),
  bottom_channels: integer(0, 8192, 0),
  t_layers: integer(1, 64, 5),
  t_emb: only('sin'),
  t_hidden_scale: real(0.01, 64, 4),
  t_heads: integer(1, 256, 8),
  t_norm_in: only(true),
  t_norm_in_group: only(false),
  t_group_norm: only(false),
  t_norm_first: only(true),
  t_norm_out: only(true),
  t_max_period: real(1, 1e9, 10_000),
  t_layer_scale: only(true),
  t_gelu: only(true),
  t_weight_pos_embed: real(0, 1000, 1),
  t_sparse_self_attn: only(false),
  t_sparse_cross_attn: only(false),
  t_cross_first: flag(false),
  use_train_segment: only(true),
  ...Object.fromEntries(IGNORED.map((name) => [name, z.unknown().optional()])),
});

type Kwargs = z.output<typeof kwargsSchema>;

/**
 * Demucs' keyword arguments with its defaults filled in.
 * @throws StemwrightError that names the first argument that is unknown, wrong or not supported
 */
export function parseKwargs(path: string, kwargs: unknown): HTDemucsConfig {
  const parsed = kwargsSchema.safeParse(kwargs);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw unsupported(path, issue ? describe(issue) : 'its kwargs are malformed');
  }
  const fault = misfit(parsed.data);
  if (fault !== null) {
    throw unsupported(path, fault);
  }
  return toConfig(parsed.data);
}

function unsupported(path: string, what: string): StemwrightError {
  return modelFault(path, what, SUPPORTED);
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `kwarg ${quoted(issue.keys[0] ?? '')} is not known`;
  }
  return issue.path.length === 0 ? 'its kwargs are not an object' : `kwarg ${String(issue.path[0])} ${issue.message}`;
}

/** What is wrong between arguments, each of which is right by itself. */
function misfit(k: Kwargs): string | null {
  if (new Set(k.sources.map((name) => name.normalize('NFC').toLowerCase())).size !== k.sources.length) {
    return 'kwarg sources names a source twice';
  }
  const innermost = k.channels * k.growth ** (k.depth - 1);
  if (innermost > MAX_CHANNELS) {
    return `kwarg growth ${k.growth} gives the innermost layer ${innermost} channels; at most ${MAX_CHANNELS} are supported`;
  }
  if (k.norm_starts < k.depth) {
    return `kwarg norm_starts ${k.norm_starts} puts norms into the convolution layers; only ${k.depth} (the depth) or more is supported`;
  }
  if (k.dconv_mode !== 0 && k.channels < k.dconv_comp) {
    return `kwarg dconv_comp ${k.dconv_comp} leaves the outermost layer's ${k.channels} channels none`;
  }
  const width = k.bottom_channels || innermost;
  if (width % 4 !== 0 || width % k.t_heads !== 0) {
    return `kwarg t_heads ${k.t_heads} and 4 must divide the transformer's ${width} channels`;
  }
  return null;
}

/** 7.8 is meant as 78/10, not as the nearest double. */
function decimalFraction(seconds: number): [number, number] {
  const scale = 10 ** 6;
  const numerator = Math.round(seconds * scale);
  const divisor = gcd(numerator, scale);
  return [numerator / divisor, scale / divisor];
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function toConfig(k: Kwargs): HTDemucsConfig {
  return {
    sources: k.sources,
    audioChannels: k.audio_channels,
    sampleRate: k.samplerate,
    segment: [k.segment[0], k.segment[1]],
    channels: k.channels,
    growth: k.growth,
    depth: k.depth,
    nfft: k.nfft,
    bottomChannels: k.bottom_channels,
    dconvMode: k.dconv_mode,
    dconvDepth: k.dconv_depth,
    dconvComp: k.dconv_comp,
    normStarts: k.norm_starts,
    normGroups: k.norm_groups,
    freqEmb: k.freq_emb,
    embScale: k.emb_scale,
    embSmooth: k.emb_smooth,
    kernelSize: k.kernel_size,
    stride: k.stride,
    context: k.context,
    contextEnc: k.context_enc,
    rewrite: k.rewrite,
    tLayers: k.t_layers,
    tHeads: k.t_heads,
    tHiddenScale: k.t_hidden_scale,
    tNormIn: k.t_norm_in,
    tNormOut: k.t_norm_out,
    tNormFirst: k.t_norm_first,
    tLayerScale: k.t_layer_scale,
    tGelu: k.t_gelu,
    tCrossFirst: k.t_cross_first,
    tMaxPeriod: k.t_max_period,
    tWeightPosEmbed: k.t_weight_pos_embed,
  };
}
