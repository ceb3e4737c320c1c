import { rm } from 'node:fs/promises';
import { StemwrightError } from '../contract/errors.ts';
import type { NativeModule, TrackMeasures } from '../engine/native.ts';
import { convert, type RawTrack } from '../media/resample.ts';
import { fillTrack } from './engine-run.ts';
import { forEachLimited } from './limited.ts';

/** A stem, or the sum of several, as it is after separation. */
export interface StemTrack {
  name: string;
  /** False for the rest of the mix that only the null depth needs. */
  isWritten: boolean;
  path: string;
}

export interface StemChoice {
  stems: string[] | null;
  twoStems: string | null;
  exactSum: boolean;
}

/** Which of the model's sources make up which output. Together the outputs are the whole mix. */
export interface StemGroup {
  name: string;
  isWritten: boolean;
  sources: string[];
}

/** @throws StemwrightError 'usage' when a name is not one of the model's */
export function groupStems(sources: readonly string[], choice: StemChoice): StemGroup[] {
  const { stems, twoStems, exactSum } = choice;
  const unknown = [...(stems ?? []), ...(twoStems === null ? [] : [twoStems])].find((name) => !sources.includes(name));
  if (unknown !== undefined) {
    throw new StemwrightError('usage', `the model has no stem "${unknown}"`, `It has ${sources.join(', ')}.`);
  }
  if (twoStems !== null) {
    const others = sources.filter((source) => source !== twoStems);
    if (others.length === 0) {
      throw new StemwrightError('usage', `the model has no stem beside "${twoStems}"`, 'Leave out --two-stems.');
    }
    return [
      { name: twoStems, isWritten: true, sources: [twoStems] },
      { name: `no_${twoStems}`, isWritten: true, sources: others },
    ];
  }
  const single = (name: string): StemGroup => ({ name, isWritten: stems?.includes(name) ?? true, sources: [name] });
  const groups = sources.map(single);
  const rest = groups.filter(({ isWritten }) => !isWritten);
  // With an exact sum every stem takes its own share of the residual, so none may be lumped together.
  if (exactSum || rest.length < 2) {
    return groups;
  }
  return [...groups.filter(({ isWritten }) => isWritten), { name: 'rest', isWritten: false, sources: rest.flatMap((group) => group.sources) }];
}

export interface FinishSpec {
  /** Gives a path for a track in the job's folder. */
  file: (name: string) => string;
  /** The separated sources: name to track, at the model's rate. */
  separated: ReadonlyMap<string, string>;
  groups: readonly StemGroup[];
  from: { rate: number; channels: 1 | 2 };
  to: { rate: number; channels: 1 | 2; frames: number };
  /** The mix as processed, already as `to`. */
  reference: string;
  exactSum: boolean;
  parallel: number;
}

/** Sums, resamples and measures the stems; the separated tracks are used up on the way. */
export async function finishStems(native: NativeModule, spec: FinishSpec, onStem: () => void, signal?: AbortSignal): Promise<{ tracks: StemTrack[]; measures: TrackMeasures }> {
  const tracks: StemTrack[] = [];
  await forEachLimited(spec.groups, spec.parallel, async (group, index) => {
    signal?.throwIfAborted();
    tracks[index] = { name: group.name, isWritten: group.isWritten, path: await finishOne(native, spec, group, index, signal) };
    onStem();
  });
  const paths = tracks.map(({ path }) => path);
  const { channels } = spec.to;
  if (spec.exactSum) {
    await native.spreadResidual({ mix: spec.reference, stems: paths, channels, signal });
  }
  return { tracks, measures: await native.measureTracks({ tracks: paths, channels, reference: spec.reference, signal }) };
}

async function finishOne(native: NativeModule, spec: FinishSpec, group: StemGroup, index: number, signal: AbortSignal | undefined): Promise<string> {
  const inputs = group.sources.map((source) => spec.separated.get(source) ?? '');
  const sum = inputs.length === 1 ? (inputs[0] ?? '') : spec.file(`sum-${index}.f32`);
  if (inputs.length > 1) {
    await native.combineTracks({ inputs: inputs.map((path) => ({ path, gain: 1 })), channels: spec.from.channels, output: sum, signal });
    await Promise.all(inputs.map((path) => rm(path)));
  }
  if (spec.from.rate === spec.to.rate && spec.from.channels === spec.to.channels) {
    return sum;
  }
  const path = spec.file(`stem-${index}.f32`);
  const source: RawTrack = { ...spec.from, path: sum };
  await fillTrack(native, { path, channels: spec.to.channels }, convert(source, spec.to, signal));
  await rm(sum);
  return path;
}
