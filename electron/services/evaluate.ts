import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printable, StemwrightError } from '../contract/errors.ts';
import type { SeparationMode } from '../contract/model.ts';
import { SeparationOptions, type SeparationReport } from '../contract/separation.ts';
import { decode } from '../media/decode.ts';
import { probe } from '../media/probe.ts';
import { Separator } from './separator.ts';

/** How close a stem came to the true one. SDR = 10 log10(Σ s² / Σ (s − e)²), dB. */
export type StemScore =
  | { name: string; sdrDb: number; mixSdrDb: number }
  /** The true stem is silent: what the estimate holds, relative to the mix. */
  | { name: string; leakDb: number };

/** A true stem this far below the mix counts as silent. */
const silenceDb = -80;

export interface Evaluation {
  report: SeparationReport;
  scores: StemScore[];
}

/**
 * Separates `<folder>/mix.*` by the command's own path and scores the stems against `<folder>/<stem>.*`.
 * @param out an existing folder for the stems
 */
export async function evaluate(folder: string, out: string, choice: { model: string; mode: SeparationMode; cwd: string }, signal: AbortSignal): Promise<Evaluation> {
  const files = await readdir(folder).catch(() => {
    throw new StemwrightError('input', `${printable(folder)}: no such folder`, 'Give a folder with a mix and its true stems.');
  });
  const find = (stem: string): string | null => {
    const file = files.find((name) => name.replace(/\.[^.]+$/, '') === stem);
    return file === undefined ? null : join(folder, file);
  };
  const mix = find('mix');
  if (mix === null) {
    throw new StemwrightError('input', `${printable(folder)}: holds no mix`, 'Name the mixed song mix.wav, mix.flac or the like.');
  }
  const report = await separateTo(mix, out, choice, signal);
  const scores: StemScore[] = [];
  for (const { name, path } of report.stems) {
    const truth = find(name);
    if (truth !== null) {
      scores.push({ name, ...(await score(truth, path, mix)) });
    }
  }
  return { report, scores };
}

/** One song through `separate`, as float WAV. */
async function separateTo(mix: string, out: string, { model, mode, cwd }: { model: string; mode: SeparationMode; cwd: string }, signal: AbortSignal): Promise<SeparationReport> {
  const options = SeparationOptions.parse({
    ...{ out, model, mode, stems: null, twoStems: null, format: 'wav32f', clipMode: null, rate: 'source', segmentSeconds: null, overlap: 0.25 },
    ...{ shifts: 0, seed: 0, exactSum: false, precision: 'fp32', groupNorm: 'welford', backend: 'auto', threads: null, trace: null },
  });
  const separator = new Separator(options, cwd);
  try {
    return await separator.separate({ path: mix, name: null }, signal, () => undefined);
  } finally {
    await separator.dispose();
  }
}

async function score(truth: string, estimate: string, mix: string): Promise<{ sdrDb: number; mixSdrDb: number } | { leakDb: number }> {
  const separated = await compareFiles(truth, estimate);
  const baseline = await compareFiles(truth, mix);
  if (decibels(separated.reference / baseline.estimate) < silenceDb) {
    return { leakDb: decibels(separated.estimate / baseline.estimate) };
  }
  return { sdrDb: decibels(separated.reference / separated.difference), mixSdrDb: decibels(separated.reference / baseline.difference) };
}

function decibels(powerRatio: number): number {
  return 10 * Math.log10(powerRatio);
}

interface Energies {
  /** Sums of squares over all samples of all channels. */
  reference: number;
  estimate: number;
  difference: number;
}

/** @throws StemwrightError 'input' when the files differ in rate, channels or length */
async function compareFiles(reference: string, estimate: string): Promise<Energies> {
  const [a, b] = await Promise.all([probe(reference), probe(estimate)]);
  const left = new Samples(decode(a));
  const right = new Samples(decode(b));
  const sums = { reference: 0, estimate: 0, difference: 0 };
  for (;;) {
    const count = Math.min(await left.available(), await right.available());
    if (count === 0) {
      break;
    }
    addEnergies(sums, left.take(count), right.take(count));
  }
  if (a.rate !== b.rate || a.channels !== b.channels || (await left.available()) + (await right.available()) > 0) {
    throw new StemwrightError('input', `${printable(reference)} and ${printable(estimate)} differ in rate, channels or length`, 'Give stems of the same song.');
  }
  return sums;
}

function addEnergies(sums: Energies, reference: Float32Array, estimate: Float32Array): void {
  for (let i = 0; i < reference.length; i++) {
    const r = reference[i] ?? 0;
    const e = estimate[i] ?? 0;
    sums.reference += r * r;
    sums.estimate += e * e;
    sums.difference += (r - e) * (r - e);
  }
}

/** Whole floats from a stream of bytes. */
class Samples {
  readonly #chunks: AsyncGenerator<Buffer, unknown>;
  #bytes = Buffer.alloc(0);

  constructor(chunks: AsyncGenerator<Buffer, unknown>) {
    this.#chunks = chunks;
  }

  /** How many samples can be taken; 0 at the end. */
  async available(): Promise<number> {
    while (this.#bytes.length < 4) {
      const step = await this.#chunks.next();
      if (step.done === true) {
        return 0;
      }
      this.#bytes = Buffer.concat([this.#bytes, step.value]);
    }
    return Math.floor(this.#bytes.length / 4);
  }

  take(count: number): Float32Array {
    const taken = Uint8Array.from(this.#bytes.subarray(0, 4 * count));
    this.#bytes = this.#bytes.subarray(4 * count);
    return new Float32Array(taken.buffer);
  }
}

export interface ConversionCost {
  /** RMS of the difference of all stems, relative to the original's. */
  relativeRms: number;
  /** Mean over the stems that are not silent. */
  sdrChangeDb: number;
}

/** What another precision of a model changes on a song with true stems. */
export async function measureConversion(folder: string, original: string, converted: string, signal: AbortSignal): Promise<ConversionCost> {
  const temporary = await mkdtemp(join(tmpdir(), 'stemwright-convert-'));
  try {
    const choice = { mode: 'full', cwd: '/' } as const;
    const before = await evaluate(folder, temporary, { ...choice, model: original }, signal);
    const after = await evaluate(folder, temporary, { ...choice, model: converted }, signal);
    const sums = { reference: 0, difference: 0 };
    for (const [index, { path }] of before.report.stems.entries()) {
      const { reference, difference } = await compareFiles(path, after.report.stems[index]?.path ?? '');
      sums.reference += reference;
      sums.difference += difference;
    }
    return { relativeRms: Math.sqrt(sums.difference / sums.reference), sdrChangeDb: meanSdr(after.scores) - meanSdr(before.scores) };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function meanSdr(scores: readonly StemScore[]): number {
  const values = scores.flatMap((stem) => ('sdrDb' in stem ? [stem.sdrDb] : []));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
