import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchmarkEntry } from '../contract/benchmark.ts';
import { cancelled, StemwrightError } from '../contract/errors.ts';
import type { NativeModule } from '../engine/native.ts';
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

function comparisons({ native, threads, folder, signal }: PeerRun): Comparison[] {
  const modules = join(built, 'onnxruntime');
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
    {
      name: 'HTDemucs 42 M beside ONNX Runtime',
      missing: async () => {
        if (!(await exists(join(modules, 'node_modules', 'onnxruntime-node')))) return 'not installed: npm run bench:peers';
        if (folder === null) return `no folder was named that holds ${graphName}: --peers DIR`;
        return (await exists(join(folder, graphName))) ? null : `${folder} holds no ${graphName}`;
      },
      run: () => compareWithOnnx({ native, threads, signal, folder: folder ?? '', program: [process.execPath, join(root, 'scripts', 'peers', 'onnxruntime.mjs'), modules] }),
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
