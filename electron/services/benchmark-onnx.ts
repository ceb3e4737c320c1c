import { copyFile, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchmarkEntry } from '../contract/benchmark.ts';
import { cancelled } from '../contract/errors.ts';
import type { NativeModule } from '../engine/native.ts';
import { median, Rival } from './benchmark-rival.ts';

export const graphName = 'htdemucs-core.onnx';
/** Of float32, which the graph reads from `w.bin` beside it. */
const weightBytes = 167_446_528;
const rounds = 5;
const runsInRound = 3;

export interface OnnxComparison {
  native: NativeModule;
  threads: number;
  /** Holds `htdemucs-core.onnx`. */
  folder: string;
  /** A program that is started with [...args, graph, threads] and speaks as scripts/peers/onnxruntime.mjs does. */
  program: readonly string[];
  signal: AbortSignal;
}

/**
 * The full-size model on one segment, ours and ONNX Runtime's in turn; theirs leaves the transforms out.
 * @throws StemwrightError 'cancelled'; Error when the program fails
 */
export async function compareWithOnnx({ native, threads, folder, program, signal }: OnnxComparison): Promise<BenchmarkEntry[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'stemwright-onnx-'));
  const rival = new Rival(program, [join(scratch, graphName), String(threads)]);
  const stop = (): void => {
    rival.stop();
  };
  try {
    await copyFile(join(folder, graphName), join(scratch, graphName));
    await writeWeights(join(scratch, 'w.bin'));
    signal.addEventListener('abort', stop, { once: true });
    const peer = await rival.start();
    const names = native.benchmarks().filter((name) => name.startsWith('HTDemucs 42 M, full'));
    const ours = new Map(names.map((name) => [name, [] as number[]]));
    const theirs: number[] = [];
    for (let round = 0; round < rounds; ++round) {
      for (const [name, times] of ours) {
        const [entry] = await native.runBenchmark({ name, threads, signal: AbortSignal.any([signal]) });
        times.push(entry?.median ?? NaN);
      }
      for (let run = 0; run < runsInRound; ++run) theirs.push(await rival.time());
    }
    return [...ours].map(([name, times]) => entryOf(name, times, peer, median(theirs)));
  } catch (error) {
    throw signal.aborted ? cancelled() : error;
  } finally {
    signal.removeEventListener('abort', stop);
    rival.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}

function entryOf(name: string, times: number[], peer: string, theirs: number): BenchmarkEntry {
  const ours = median(times);
  const [low, high] = [Math.min(...times), Math.max(...times)];
  return BenchmarkEntry.parse({ name, unit: 's a segment', median: ours, low, high, noise: (high - low) / 2 / ours, allocations: null, peer, ratio: ours / theirs });
}

/** Small numbers of either sign: what they are makes no difference to the time, but NaN and denormals would. */
async function writeWeights(path: string): Promise<void> {
  const chunk = Float32Array.from({ length: 1 << 20 }, (_, index) => (((index * 2_654_435_761) % 2048) / 1024 - 1) * 0.02);
  const bytes = Buffer.from(chunk.buffer);
  const file = await open(path, 'wx');
  try {
    for (let left = weightBytes; left > 0; left -= bytes.length) await file.write(bytes.subarray(0, Math.min(left, bytes.length)));
  } finally {
    await file.close();
  }
}
