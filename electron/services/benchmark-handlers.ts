import type { BenchmarkAdvice } from '../contract/benchmark.ts';
import { toFault } from '../contract/errors.ts';
import { advise } from './benchmark-advice.ts';
import { defaultThreads, type Part, type Services } from './services.ts';

/** One function for each request about benchmarks. They throw StemwrightErrors. */
export function benchmarkHandlers(services: Services): Part<'benchmark'> {
  const { benchmarks } = services;
  return {
    'benchmark.list': () => benchmarks.list(),
    'benchmark.state': () => benchmarks.state(),
    'benchmark.run': ({ names }) => ({ run: benchmarks.start(names) }),
    'benchmark.cancel': () => {
      benchmarks.cancel();
      return null;
    },
    'benchmark.advice': async () =>
      advise({
        results: benchmarks.state().results,
        names: benchmarks.list().groups.flatMap((group) => group.benchmarks.map(({ name }) => name)),
        machine: services.hardware.get().state,
        choices: await choicesOf(services),
      }),
    'benchmark.save': async ({ name }) => ({ id: await benchmarks.save(name) }),
    'benchmark.saved': () => benchmarks.saved(),
    'benchmark.open': ({ id }) => benchmarks.find(id),
    'benchmark.remove': ({ id }) => benchmarks.remove(id).then(() => null),
  };
}

const tenMinutes = 600;

/** What the next song will be separated with, and a reverb played with. */
async function choicesOf(services: Services): Promise<BenchmarkAdvice['choices']> {
  const { settings, predictor, benchmarks } = services;
  const { lastOptions, memoryBudgetBytes } = settings.get();
  const threads = lastOptions.threads ?? defaultThreads(services);
  const choices: BenchmarkAdvice['choices'] = [
    { label: 'Separation', value: `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`, reason: sentence(services.hardware.get().state.reason) },
  ];
  try {
    const { memory } = await predictor.facts(lastOptions, threads);
    const budget = memoryBudgetBytes === null ? 'there is no memory budget' : `it fits into ${megabytes(memoryBudgetBytes)}`;
    const why = lastOptions.segmentSeconds !== null && !memory.isLimited ? 'As chosen in the studio.' : memory.isLimited ? 'Shorter than the model’s own, to stay within the memory budget.' : `The model’s own: ${budget}.`;
    choices.push({ label: 'Segment', value: `${memory.segmentSeconds.toFixed(2)} s, ${megabytes(memory.bytes)}`, reason: why });
  } catch (error) {
    choices.push({ label: 'Segment', value: '–', reason: toFault(error).message });
  }
  const time = predictor.time(lastOptions, threads, tenMinutes);
  const speed = time === null ? '–' : `${(tenMinutes / time.seconds).toFixed(1)} × real time`;
  const source = time === null ? 'Being measured, or measured with the next song.' : time.isRough ? 'Measured while other programs kept the machine busy: at least so much.' : `Measured here, ${lastOptions.model}, ${lastOptions.mode}.`;
  choices.push({ label: 'Speed', value: speed, reason: source });
  const reverb = benchmarks.state().results.flatMap(({ entries }) => entries).find(({ name }) => name === 'convolution partitioned, block 128, 10 s');
  if (reverb !== undefined) {
    choices.push({ label: 'Live reverb', value: 'partitioned, no latency', reason: `10 s of response at 128 frames take ${reverb.median.toPrecision(2)} % of real time: ${Math.floor(50 / reverb.median)} of them load one core by half.` });
  }
  return choices;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}

function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
