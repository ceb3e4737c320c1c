import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchmarkEntry } from '../contract/benchmark.ts';
import { cancelled } from '../contract/errors.ts';
import type { NativeModule } from '../engine/native.ts';
import type { Network } from '../engine/systems.ts';
import { median, Rival } from './benchmark-rival.ts';

const units = 256;
const rounds = 15;
/** Of one call; each is asked from JavaScript, ours as theirs. */
const lengths = [1, 100] as const;
const callsInRound = { 1: 200, 100: 9 } as const;
/** Largest difference of a result in fp32 that rounding explains. */
const mostDifference = 1e-5;

export interface LstmComparison {
  native: Pick<NativeModule, 'systems'>;
  /** A program that is started with [...args, weights, units] and speaks as scripts/peers/onnx-lstm.mjs does. */
  program: readonly string[];
  signal: AbortSignal;
}

interface Weights {
  input: Float32Array;
  hidden: Float32Array;
  inputBias: Float32Array;
  hiddenBias: Float32Array;
}

/**
 * An LSTM of 256 to 256, a step a call and a hundred, ours in fp32 and bf16 and ONNX Runtime's in turn.
 * @throws StemwrightError 'cancelled'; Error when the program fails, or computes something else
 */
export async function compareLstm({ native, program, signal }: LstmComparison): Promise<BenchmarkEntry[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'stemwright-lstm-'));
  const file = join(scratch, 'weights.f32');
  const rival = new Rival(program, [file, String(units)]);
  const stop = (): void => {
    rival.stop();
  };
  const weights = makeWeights();
  const ours = (['fp32', 'bf16'] as const).flatMap((precision) =>
    lengths.map((steps) => ({ steps, name: `LSTM 256, ${steps === 1 ? 'one step' : `${steps} steps`}, ${precision}`, network: build(native, weights, steps, precision), times: [] as number[] })),
  );
  const theirs = new Map<number, number[]>(lengths.map((steps) => [steps, []]));
  try {
    await writeFile(file, Buffer.concat(Object.values(weights as unknown as Record<string, Float32Array>).map((values) => Buffer.from(values.buffer))));
    signal.addEventListener('abort', stop, { once: true });
    const peer = await rival.start();
    checkAlike(ours[0]?.network, await readFile(`${file}.out`));
    for (let round = 0; round < rounds; round++) {
      signal.throwIfAborted();
      for (const { network, steps, times } of ours) times.push(timeOf(network, steps));
      for (const [steps, times] of theirs) times.push(await rival.time(String(steps)));
    }
    return ours.map(({ name, steps, times }) => entryOf(name, times, peer, median(theirs.get(steps) ?? [])));
  } catch (error) {
    throw signal.aborted ? cancelled() : error;
  } finally {
    signal.removeEventListener('abort', stop);
    rival.stop();
    for (const { network } of ours) network.dispose();
    await rm(scratch, { recursive: true, force: true });
  }
}

function makeWeights(): Weights {
  let seed = 1;
  const values = (length: number, scale: number) =>
    Float32Array.from({ length }, () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return (seed / 2 ** 31 - 1) * scale;
    });
  const rows = 4 * units;
  return { input: values(rows * units, 0.1), hidden: values(rows * units, 0.1), inputBias: values(rows, 0.5), hiddenBias: values(rows, 0.5) };
}

function build({ systems }: LstmComparison['native'], { input, hidden, inputBias, hiddenBias }: Weights, steps: number, precision: 'fp32' | 'bf16'): Network {
  const parameters = { weight_ih_l0: input, weight_hh_l0: hidden, bias_ih_l0: inputBias, bias_hh_l0: hiddenBias };
  const layer = { kind: 'lstm' as const, inputSize: units, hiddenSize: units, layers: 1, isBidirectional: false, parameters, precision };
  return systems.createNetwork({ layers: [layer], steps, channels: units, threads: 1, isCompiled: true });
}

function inputOf(steps: number): Float32Array {
  return Float32Array.from({ length: steps * units }, (_, index) => Math.sin(index * 0.37) * 0.3);
}

/** Both must compute the same, or their times say nothing. */
function checkAlike(network: Network | undefined, result: Buffer): void {
  const ours = network?.predict(inputOf(1)) ?? new Float32Array();
  const worst = ours.reduce((most, value, index) => Math.max(most, Math.abs(value - result.readFloatLE(4 * index))), 0);
  if (!(worst <= mostDifference)) throw new Error(`ours and ONNX Runtime's LSTM differ by ${worst}`);
}

function timeOf(network: Network, steps: (typeof lengths)[number]): number {
  const x = inputOf(steps);
  const times: number[] = [];
  for (let call = 0; call < callsInRound[steps]; call++) {
    const start = performance.now();
    network.predict(x);
    times.push((performance.now() - start) / 1000);
  }
  return median(times);
}

function entryOf(name: string, times: number[], peer: string, theirs: number): BenchmarkEntry {
  const [ours, low, high] = [median(times), Math.min(...times), Math.max(...times)].map((seconds) => 1e6 * seconds) as [number, number, number];
  return BenchmarkEntry.parse({ name, unit: 'µs', median: ours, low, high, noise: (high - low) / 2 / ours, allocations: null, peer, ratio: ours / (1e6 * theirs) });
}
