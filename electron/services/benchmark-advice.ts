import type { BenchmarkAdvice, BenchmarkEntry, BenchmarkResult } from '../contract/benchmark.ts';
import type { HardwareState } from '../contract/hardware.ts';
import type { GpuFacts } from './gpu.ts';

type Item = BenchmarkAdvice['items'][number];
type Choice = BenchmarkAdvice['choices'][number];

export interface AdviceSubject {
  results: readonly BenchmarkResult[];
  /** What can be measured here. */
  names: readonly string[];
  machine: HardwareState;
  /** Null: there is none. */
  gpu: Pick<GpuFacts, 'verdict'> & { name: string } | null;
  choices: readonly Choice[];
}

interface Check {
  id: string;
  title: string;
  /** The benchmark that tells. */
  benchmark: string;
  judge: (entries: readonly BenchmarkEntry[]) => Pick<Item, 'state' | 'detail'> | null;
}

const named = (entries: readonly BenchmarkEntry[], ending: string): number | undefined => entries.find(({ name }) => name.endsWith(ending))?.median;

const verdict = (isGood: boolean, good: string, todo: string): Pick<Item, 'state' | 'detail'> => (isGood ? { state: 'good', detail: good } : { state: 'todo', detail: todo });

/** The guide's list of quick wins, each by a figure of this machine. */
const checks: readonly Check[] = [
  {
    id: 'compiled',
    title: 'Networks run as compiled plans',
    benchmark: 'LSTM 256',
    judge: (entries) => {
      const [compiled, naive] = [named(entries, ', compiled'), named(entries, ', layer that allocates')];
      if (compiled === undefined || naive === undefined) return null;
      const ratio = `A compiled LSTM step takes ${(compiled / naive).toFixed(2)} of the time of a layer that allocates.`;
      return verdict(compiled <= 1.02 * naive, ratio, `${ratio} Run it again on a quiet machine; if it stays so, report it.`);
    },
  },
  {
    id: 'ping-pong',
    title: 'Layers share their buffers',
    benchmark: 'Sequential, 3 layers of one shape',
    judge: ([entry]) => {
      if (entry === undefined) return null;
      const saved = Math.round(100 * (1 - entry.median / 3));
      return verdict(entry.median < 3, `3 layers, ${entry.median} buffers (${saved} % memory saved).`, 'Each layer has a buffer of its own: report it.');
    },
  },
  {
    id: 'batch',
    title: 'Transforms run in batches',
    benchmark: 'FFT in a batch over one by one, 64 x 1024',
    judge: ([entry]) => {
      if (entry === undefined) return null;
      const ratio = `64 transforms of 1024 in a batch take ${entry.median.toFixed(2)} of the time of 64 calls.`;
      return verdict(entry.median <= 0.9, ratio, `${ratio} It should take 0.90 at most: run it again on a quiet machine; if it stays so, report it.`);
    },
  },
  {
    id: 'async',
    title: 'Nothing waits to hand work over',
    benchmark: 'async, tryExecuteAsync',
    judge: (entries) => {
      const [free, busy] = [named(entries, ', slot free'), named(entries, ', all slots busy')];
      if (free === undefined || busy === undefined) return null;
      const times = `tryExecuteAsync returns after ${(free / 1000).toPrecision(2)} µs with a slot free, ${(busy / 1000).toPrecision(2)} µs with none.`;
      return verdict(Math.max(free, busy) < 50_000, times, `${times} Something else kept the processor: run it again.`);
    },
  },
  {
    id: 'warm-up',
    title: 'Warmed up before use',
    benchmark: 'reverb, first block after warm-up over the median',
    judge: ([entry]) => {
      if (entry === undefined) return null;
      const ratio = `The first block of a new reverb takes ${entry.median.toFixed(1)} times its median.`;
      return verdict(entry.median <= 2, ratio, `${ratio} Something else kept the processor: run it again.`);
    },
  },
];

/** What is green on this machine, and what is the one thing to do. */
export function advise({ results, names, machine, gpu, choices }: AdviceSubject): BenchmarkAdvice {
  const unknown = new Set<string>();
  const items: Item[] = [];
  for (const { id, title, benchmark, judge } of checks) {
    const name = names.find((each) => each === benchmark) ?? names.find((each) => each.startsWith(benchmark));
    if (name === undefined) continue;
    const found = judge(results.find((result) => result.benchmark === name)?.entries ?? []);
    if (found === null) unknown.add(name);
    items.push({ id, title, ...(found ?? { state: 'unknown', detail: 'Not measured here yet.' }) });
  }
  items.splice(3, 0, allocations(results));
  items.push(warmUp(machine, gpu), measuredHere(results), thermal(machine), pressure(machine), power(machine));
  return { items: items.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state)), choices: [...choices], unknown: [...unknown] };
}

const order: readonly Item['state'][] = ['todo', 'unknown', 'good', 'none'];

function allocations(results: readonly BenchmarkResult[]): Item {
  const title = 'Buffers are allocated ahead';
  const counted = results.flatMap(({ entries }) => entries).filter(({ name, allocations: count }) => count !== null && !name.endsWith('that allocates'));
  const worst = counted.find(({ allocations: count }) => (count ?? 0) > 0);
  if (counted.length === 0) return { id: 'allocation', state: 'unknown', title, detail: 'Not measured here yet, or not counted on this system.' };
  return { id: 'allocation', title, ...verdict(worst === undefined, `No allocation in any of ${counted.length} measured loops.`, `${worst?.name ?? ''} allocates ${worst?.allocations ?? 0} times a run: report it.`) };
}

function warmUp({ reason }: HardwareState, gpu: AdviceSubject['gpu']): Item {
  const item = { id: 'gpu', title: 'GPU pipelines warmed up' };
  if (gpu === null) return { ...item, state: 'none', detail: `Nothing to do: ${reason}.` };
  const { name, verdict } = gpu;
  if (verdict === null) return { ...item, state: 'unknown', detail: `${name} computes a test segment before its first song, which builds its pipelines.` };
  if (!verdict.isAccepted) return { ...item, state: 'none', detail: `${name} is not used: what it computes agrees with the processor to ${verdict.agreementDb.toFixed(0)} dB only.` };
  const built = `${name} has run all pipelines and agrees with the processor to ${verdict.agreementDb.toFixed(0)} dB.`;
  return { ...item, state: 'good', detail: reason === '' ? built : `${built} Not used now: ${reason}.` };
}

function measuredHere(results: readonly BenchmarkResult[]): Item {
  const title = 'Measured on this machine';
  const dates = results.map(({ date }) => date).sort();
  const rough = results.filter(({ isRough }) => isRough);
  const newest = dates.at(-1);
  if (newest === undefined) return { id: 'measured', state: 'todo', title, detail: 'Run the benchmarks once: no other machine’s figures tell of this one.' };
  const busy = `${rough.length} of ${results.length} results were measured while other programs kept the machine busy: run them again when it is quiet.`;
  return { id: 'measured', title, ...verdict(rough.length === 0, `${results.length} results, the newest of ${newest.slice(0, 10)}.`, busy) };
}

function thermal({ thermal: state }: HardwareState): Item {
  const title = `Thermal state ${state}`;
  const isCool = state === 'nominal' || state === 'fair';
  return { id: 'thermal', title, ...verdict(isCool, 'The processor may run at full speed.', 'Let the machine cool down: it runs slower, and work stays off the GPU.') };
}

function pressure({ pressure: state, availableBytes }: HardwareState): Item {
  const title = `Memory pressure ${state}`;
  const free = `${(availableBytes / 1e9).toFixed(1)} GB free.`;
  return { id: 'pressure', title, ...verdict(state === 'none', free, `${free} Close other programs, or set a memory budget in the settings.`) };
}

function power({ isOnBattery, isLowPower }: HardwareState): Item {
  const title = isOnBattery ? 'On battery' : isLowPower ? 'Power saving is on' : 'Mains power';
  return { id: 'power', title, ...verdict(!isOnBattery && !isLowPower, 'Nothing slows the clock.', isOnBattery ? 'Plug the machine in: on battery its clock may be lower.' : 'Turn power saving off while you separate.') };
}
