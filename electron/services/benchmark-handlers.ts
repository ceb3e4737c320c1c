import type { BenchmarkAdvice } from '../contract/benchmark.ts';
import { toFault } from '../contract/errors.ts';
import type { GpuCalibration } from '../contract/hardware.ts';
import { advise } from './benchmark-advice.ts';
import type { GpuFacts } from './gpu.ts';
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
    'benchmark.advice': async () => {
      const facts = await services.gpu.facts(services.settings.get().gpuDevice);
      return advise({
        results: benchmarks.state().results,
        names: benchmarks.list().groups.flatMap((group) => group.benchmarks.map(({ name }) => name)),
        machine: services.hardware.get().state,
        gpu: facts === null ? null : { name: facts.device.name, verdict: facts.verdict },
        choices: await choicesOf(services, facts),
      });
    },
    'benchmark.save': async ({ name }) => ({ id: await benchmarks.save(name) }),
    'benchmark.saved': () => benchmarks.saved(),
    'benchmark.open': ({ id }) => benchmarks.find(id),
    'benchmark.remove': ({ id }) => benchmarks.remove(id).then(() => null),
  };
}

const tenMinutes = 600;

type Choice = BenchmarkAdvice['choices'][number];

/** What the next song will be separated with, and a reverb played with. */
async function choicesOf(services: Services, gpu: GpuFacts | null): Promise<Choice[]> {
  const { settings, predictor, benchmarks } = services;
  const { lastOptions, backend, gpuDevice } = settings.get();
  const threads = lastOptions.threads ?? defaultThreads(services);
  const place = await services.gpu.expects({ backend, device: gpuDevice, precision: lastOptions.precision });
  const choices = [separationChoice(services, place, threads, gpu)];
  if (gpu !== null) {
    choices.push(calibrationChoice(gpu.device.name, await services.calibrations.of(gpu.device)));
  }
  choices.push(await segmentChoice(services, threads, place));
  const time = predictor.time(lastOptions, threads, tenMinutes, place);
  const speed = time === null ? '–' : `${(tenMinutes / time.seconds).toFixed(1)} × real time`;
  const unknown = place === 'gpu' ? 'Measured with the next song.' : 'Being measured, or measured with the next song.';
  const source = time === null ? unknown : time.isRough ? 'Measured while other programs kept the machine busy: at least so much.' : `Measured here, ${lastOptions.model}, ${lastOptions.mode}.`;
  choices.push({ label: 'Speed', value: speed, reason: source });
  const reverb = benchmarks.state().results.flatMap(({ entries }) => entries).find(({ name }) => name === 'convolution partitioned, block 128, 10 s');
  if (reverb !== undefined) {
    choices.push({ label: 'Live reverb', value: 'partitioned, no latency', reason: `10 s of response at 128 frames take ${reverb.median.toPrecision(2)} % of real time: ${Math.floor(50 / reverb.median)} of them load one core by half.` });
  }
  return choices;
}

function separationChoice({ settings, hardware }: Services, place: 'cpu' | 'gpu', threads: number, gpu: GpuFacts | null): Choice {
  const { backend, lastOptions } = settings.get();
  const label = 'Separation';
  const verdict = gpu?.verdict ?? null;
  if (place === 'gpu' && gpu !== null) {
    const times = verdict === null ? 'It is compared with the processor before the first song.' : `${(verdict.cpuSeconds / verdict.gpuSeconds).toFixed(1)} times the processor’s speed with the test segment.`;
    return { label, value: gpu.device.name, reason: times };
  }
  const why = (): string => {
    if (backend === 'cpu') return 'As set in the settings.';
    if (gpu === null || hardware.reason() !== '') return sentence(hardware.reason());
    if (lastOptions.precision !== 'fp32') return `${gpu.device.name} does not compute in ${lastOptions.precision}.`;
    if (verdict?.isAccepted === false) return `${gpu.device.name} computes otherwise than the processor.`;
    return `${gpu.device.name} is slower${verdict === null ? '' : `, by ${(verdict.gpuSeconds / verdict.cpuSeconds).toFixed(1)} times with the test segment`}.`;
  };
  return { label, value: `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`, reason: why() };
}

/** From where on the device gets work. */
function calibrationChoice(device: string, calibration: GpuCalibration | null): Choice {
  const label = 'Work for the GPU';
  if (calibration === null) {
    return { label, value: 'as the guide has it', reason: `Transforms over 2048 samples, products of 4 rows. Where ${device} is faster is measured when nothing else runs.` };
  }
  const parts = ([['fft', 'transforms', 'samples'], ['matrix-product', 'products', 'weights'], ['convolution', 'convolutions', 'taps']] as const).flatMap(([operation, name, unit]) => {
    const { size, batch } = calibration[operation];
    const from = [...(size === null ? [] : [`${size} ${unit}`]), ...(batch === null ? [] : [`${batch} at once`])];
    return from.length === 0 ? [] : [`${name} from ${from.join(' or ')}`];
  });
  return { label, value: parts.length === 0 ? 'none' : parts.join(', '), reason: `Measured here with ${device}: below that the processor is faster.` };
}

async function segmentChoice({ settings, predictor }: Services, threads: number, place: 'cpu' | 'gpu'): Promise<Choice> {
  const { lastOptions, memoryBudgetBytes } = settings.get();
  const label = 'Segment';
  try {
    const { memory } = await predictor.facts(lastOptions, threads);
    const budget = memoryBudgetBytes === null ? 'there is no memory budget' : `it fits into ${megabytes(memoryBudgetBytes)}`;
    const why = lastOptions.segmentSeconds !== null && !memory.isLimited ? 'As chosen in the studio.' : memory.isLimited ? 'Shorter than the model’s own, to stay within the memory budget.' : `The model’s own: ${budget}.`;
    const parts = `Of that ${megabytes(memory.weightBytes)} are weights; each second of a segment takes ${megabytes(memory.bytesPerSecond)}${place === 'gpu' ? ', on the GPU' : ''}.`;
    return { label, value: `${memory.segmentSeconds.toFixed(2)} s, ${megabytes(memory.bytes)}`, reason: `${why} ${parts}` };
  } catch (error) {
    return { label, value: '–', reason: toFault(error).message };
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}

function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
