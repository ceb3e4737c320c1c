import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { convolutionBlocks, convolutionModes, ConvolutionOptions } from '../contract/convolution.ts';
import { printable } from '../contract/errors.ts';
import { separationModes } from '../contract/model.ts';
import { clipModes, groupNorms, precisions, SeparationOptions, stemFormats } from '../contract/separation.ts';
import { usageFault } from './usage.ts';

type Flags = NonNullable<ParseArgsConfig['options']>;

/** node:util's parser, its faults as ours. */
export function parse<const F extends Flags>(args: string[], options: F) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: true });
  } catch (error) {
    const text = error instanceof Error ? (error.message.split(/\n|\. To specify/)[0] ?? '') : String(error);
    throw usageFault(printable(text));
  }
}

export interface SeparateArguments {
  files: string[];
  options: SeparationOptions;
  json: boolean;
  quiet: boolean;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const separateFlags = {
  ...{ out: text, model: text, mode: text, stems: text, 'two-stems': text, format: text, 'clip-mode': text, rate: text },
  ...{ segment: text, overlap: text, shifts: text, seed: text, 'exact-sum': flag, precision: text, 'group-norm': text, backend: text },
  ...{ threads: text, trace: text, json: flag, quiet: flag },
} as const;

/** @param folder what relative paths are meant against */
export function parseSeparate(args: string[], folder: string): SeparateArguments {
  const { values, positionals } = parse(args, separateFlags);
  if (values.stems !== undefined && values['two-stems'] !== undefined) {
    throw usageFault('--stems and --two-stems exclude each other');
  }
  return {
    files: positionals.map((file) => resolve(folder, nonEmpty('FILE', file))),
    options: SeparationOptions.parse({
      out: resolve(folder, nonEmpty('--out', values.out ?? '.')),
      model: nonEmpty('--model', values.model ?? 'house'),
      mode: oneOf('--mode', values.mode ?? 'full', separationModes),
      stems: values.stems === undefined ? null : names('--stems', values.stems),
      twoStems: values['two-stems'] === undefined ? null : nonEmpty('--two-stems', values['two-stems']),
      format: values.format === undefined ? null : oneOf('--format', values.format, stemFormats),
      clipMode: values['clip-mode'] === undefined ? null : oneOf('--clip-mode', values['clip-mode'], clipModes),
      rate: values.rate === undefined || values.rate === 'source' ? 'source' : whole('--rate', values.rate, 8000, 192_000),
      segmentSeconds: values.segment === undefined ? null : real('--segment', values.segment, 1, 120),
      overlap: real('--overlap', values.overlap ?? '0.25', 0, 0.95),
      shifts: whole('--shifts', values.shifts ?? '0', 0, 100),
      seed: whole('--seed', values.seed ?? '0', 0, 0xffff_ffff),
      exactSum: values['exact-sum'] ?? false,
      precision: oneOf('--precision', values.precision ?? 'fp32', precisions),
      groupNorm: oneOf('--group-norm', values['group-norm'] ?? 'welford', groupNorms),
      backend: oneOf('--backend', values.backend ?? 'auto', ['auto', 'cpu', 'gpu']),
      threads: values.threads === undefined ? availableParallelism() : whole('--threads', values.threads, 1, 1024),
      trace: traceFile(values.trace, folder),
    }),
    json: values.json ?? false,
    quiet: values.quiet ?? false,
  };
}

export interface ConvolveArguments {
  options: ConvolutionOptions;
  trace: string | null;
  json: boolean;
}

export function parseConvolve(args: string[], folder: string): ConvolveArguments {
  const { values, positionals } = parse(args, { ...{ ir: text, out: text, mode: text, block: text, wet: text, dry: text }, normalize: text, backend: text, trace: text, json: flag });
  const [input, ...more] = positionals;
  if (input === undefined || more.length > 0 || values.ir === undefined || values.out === undefined) {
    throw usageFault('convolve takes one file, --ir and --out');
  }
  return {
    options: ConvolutionOptions.parse({
      input: resolve(folder, nonEmpty('IN', input)),
      ir: resolve(folder, nonEmpty('--ir', values.ir)),
      out: resolve(folder, nonEmpty('--out', values.out)),
      mode: oneOf('--mode', values.mode ?? 'partitioned', convolutionModes),
      block: Number(oneOf('--block', values.block ?? '512', convolutionBlocks.map(String))),
      wet: gain('--wet', values.wet ?? '1'),
      dry: gain('--dry', values.dry ?? '0'),
      normalize: oneOf('--normalize', values.normalize ?? 'none', ['none', 'loudness']),
      backend: oneOf('--backend', values.backend ?? 'cpu', ['cpu', 'gpu']),
    }),
    trace: traceFile(values.trace, folder),
    json: values.json ?? false,
  };
}

export interface BenchArguments {
  filter: RegExp;
  json: string | null;
  trace: string | null;
  threads: number;
  /** Against its rivals, whose data lies in a folder, instead of alone. */
  peers: { folder: string | null } | null;
}

export function parseBench(args: string[], folder: string): BenchArguments {
  const { values, positionals } = parse(args, { filter: text, json: text, trace: text, threads: text, peers: flag });
  // The folder is the one thing without an option's name.
  const [peerFolder = process.env['STEMWRIGHT_PEERS'], ...more] = positionals;
  if (more.length > 0 || (positionals.length > 0 && values.peers !== true)) {
    throw usageFault('bench takes options only, and a folder after --peers');
  }
  return {
    filter: pattern('--filter', values.filter ?? ''),
    json: values.json === undefined ? null : resolve(folder, nonEmpty('--json', values.json)),
    trace: traceFile(values.trace, folder),
    threads: values.threads === undefined ? availableParallelism() : whole('--threads', values.threads, 1, 1024),
    peers: values.peers === true ? { folder: peerFolder === undefined ? null : resolve(folder, nonEmpty('--peers', peerFolder)) } : null,
  };
}

export interface StudioArguments {
  files: string[];
  /** 0: any. */
  port: number;
  /** Whether a window is opened where that is possible. */
  opens: boolean;
}

export function parseStudio(args: string[], folder: string): StudioArguments {
  const { values, positionals } = parse(args, { port: text, 'no-open': flag });
  return {
    files: positionals.map((file) => resolve(folder, nonEmpty('FILE', file))),
    port: values.port === undefined ? 0 : whole('--port', values.port, 1, 65_535),
    opens: values['no-open'] !== true,
  };
}

function traceFile(value: string | undefined, folder: string): string | null {
  return value === undefined ? null : resolve(folder, nonEmpty('--trace', value));
}

function pattern(name: string, value: string): RegExp {
  try {
    return new RegExp(value, 'i');
  } catch {
    throw usageFault(`${name} is not a regular expression: "${printable(value)}"`);
  }
}

function nonEmpty(name: string, value: string): string {
  if (value === '' || value.includes('\0')) {
    throw usageFault(`${name} is empty or holds a NUL`);
  }
  return value;
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) {
    throw usageFault(`${name} must be one of ${allowed.join(', ')}, not "${printable(value)}"`);
  }
  return found;
}

function real(name: string, value: string, min: number, max: number): number {
  const number = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) {
    throw usageFault(`${name} must be a number from ${min} to ${max}, not "${printable(value)}"`);
  }
  return number;
}

/** A linear gain; below 0 it turns the sound upside down. */
function gain(name: string, value: string): number {
  return value.startsWith('-') ? -real(name, value.slice(1), 0, 1000) : real(name, value, 0, 1000);
}

function whole(name: string, value: string, min: number, max: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) {
    throw usageFault(`${name} must be a whole number from ${min} to ${max}, not "${printable(value)}"`);
  }
  return number;
}

function names(name: string, value: string): string[] {
  const list = value.split(',').map((part) => part.trim());
  if (list.some((part) => part === '') || new Set(list).size !== list.length) {
    throw usageFault(`${name} must be different names with commas between them, not "${printable(value)}"`);
  }
  return list;
}
