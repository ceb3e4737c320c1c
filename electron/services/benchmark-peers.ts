import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchmarkEntry } from '../contract/benchmark.ts';
import { cancelled, StemwrightError } from '../contract/errors.ts';
import type { NativeModule } from '../engine/native.ts';
import { compareLstm } from './benchmark-lstm.ts';
import type { Measurable } from './benchmark-list.ts';
import { compareWithOnnx, graphName } from './benchmark-onnx.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const built = join(root, 'build', 'peers');

export interface PeerRun {
  native: NativeModule;
  threads: number;
  /** Only comparisons whose name matches. */
  filter: RegExp;
  /** The rivals' data; null: none. */
  folder: string | null;
  signal: AbortSignal;
  onEntry: (entry: BenchmarkEntry) => void;
  /** Told in a line what cannot be compared, and why. */
  onAbsent: (line: string) => void;
}

interface Comparison {
  name: string;
  /** What is missing, and how to get it; null: nothing. */
  missing: () => Promise<string | null>;
  run: () => Promise<BenchmarkEntry[]>;
}

/** Ours and its rivals in turn. @throws StemwrightError 'usage' when there is nothing to compare with */
export async function runPeers(run: PeerRun): Promise<BenchmarkEntry[]> {
  const entries: BenchmarkEntry[] = [];
  let compared = 0;
  for (const { name, missing, run: compare } of comparisons(run)) {
    if (!run.filter.test(name)) continue;
    const reason = await missing();
    if (reason !== null) {
      run.onAbsent(`${name}: ${reason}`);
      continue;
    }
    compared += 1;
    for (const entry of await compare()) {
      entries.push(entry);
      run.onEntry(entry);
    }
  }
  if (compared === 0) {
    throw new StemwrightError('usage', 'there are no rivals to compare with', 'Get them with `npm run bench:peers`, and name their folder after --peers.');
  }
  return entries;
}

/** What the panel can hold against us: only what is installed. Their figures are our times over theirs. */
export async function peerMeasurables(native: NativeModule, folder: string | null): Promise<Measurable[]> {
  const of = (threads: number, signal: AbortSignal) => comparisons({ native, threads, folder, signal });
  const all = of(1, new AbortController().signal);
  const missing = await Promise.all(all.map((comparison) => comparison.missing()));
  return all.flatMap(({ name }, index): Measurable[] => {
    if (missing[index] !== null) return [];
    const run: Measurable['run'] = async (threads, signal) => ((await of(threads, AbortSignal.any([signal])).find((comparison) => comparison.name === name)?.run()) ?? []).map(asRatio);
    return [{ name: `peers: ${name}`, run }];
  });
}

/** As the panel shows it, beside our own figures of the same name. */
export function asRatio({ name, median, low, high, ratio, peer, ...entry }: BenchmarkEntry): BenchmarkEntry {
  const scale = (ratio ?? NaN) / median;
  return { ...entry, name: `${name}, over ${peer ?? 'the rival'}`, unit: 'x', median: scale * median, low: scale * low, high: scale * high, peer, ratio };
}

function comparisons({ native, threads, folder, signal }: Pick<PeerRun, 'native' | 'threads' | 'folder' | 'signal'>): Comparison[] {
  const modules = join(built, 'onnxruntime');
  const isInstalled = async () => ((await exists(join(modules, 'node_modules', 'onnxruntime-node'))) ? null : 'not installed: npm run bench:peers');
  const script = (name: string) => [process.execPath, join(root, 'scripts', 'peers', name), modules];
  const program = (name: string, peers: string, ...args: string[]): Comparison => {
    const path = join(built, 'scripts', 'peers', `stemwright_${peers}_peers`);
    return {
      name,
      missing: async () => ((await exists(path)) ? null : 'not built: npm run bench:peers'),
      run: () => runProgram(path, args, signal),
    };
  };
  return [
    program('FFT beside FFTW', 'transforms'),
    program('matrix product beside OpenBLAS', 'products', String(threads)),
    program('convolution beside zita-convolver', 'convolution'),
    { name: 'LSTM 256 beside ONNX Runtime', missing: isInstalled, run: () => compareLstm({ native, signal, program: script('onnx-lstm.mjs') }) },
    {
      name: 'HTDemucs 42 M beside ONNX Runtime',
      missing: async () => {
        const missing = await isInstalled();
        if (missing !== null) return missing;
        if (folder === null) return `no folder was named that holds ${graphName}: --peers DIR`;
        return (await exists(join(folder, graphName))) ? null : `${folder} holds no ${graphName}`;
      },
      run: () => compareWithOnnx({ native, threads, signal, folder: folder ?? '', program: script('onnxruntime.mjs') }),
    },
  ];
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A program of its own that prints an entry a line. */
export async function runProgram(path: string, args: readonly string[], signal: AbortSignal): Promise<BenchmarkEntry[]> {
  const output = await new Promise<string>((resolve, reject) => {
    execFile(path, args, { signal, maxBuffer: 1 << 20 }, (error, stdout) => {
      if (error === null) {
        resolve(stdout);
      } else {
        reject(signal.aborted ? cancelled() : new Error(`the rivals' program failed: ${error.message}`));
      }
    });
  });
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => BenchmarkEntry.parse(JSON.parse(line)));
}
