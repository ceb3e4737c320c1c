import { mkdir, stat, statfs } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { StemwrightError } from '../contract/errors.ts';
import type { ItemPlan, QueueOptions } from '../contract/queue.ts';
import { probe, type MediaInfo } from '../media/probe.ts';
import type { ModelFacts, Predictor } from './predictor.ts';

export interface Planner {
  predictor: Predictor;
  projectsFolder: string;
  /** What options without a thread count mean. */
  threads: number;
  /** Where it will probably be computed. */
  backend: (options: QueueOptions) => Promise<ItemPlan['backend']>;
}

/** What separating a song would take. @throws StemwrightError when it, or its model, cannot be read */
export async function planItem(path: string, options: QueueOptions, planner: Planner, signal?: AbortSignal): Promise<ItemPlan> {
  const threads = options.threads ?? planner.threads;
  const [info, facts] = await Promise.all([probe(path, signal), planner.predictor.facts(options, threads)]);
  const { sources, memory } = facts;
  const unknown = options.stems?.find((name) => !sources.includes(name));
  if (unknown !== undefined) {
    throw new StemwrightError('usage', `the model has no stem "${unknown}"`, `It has ${sources.join(', ')}.`);
  }
  const seconds = info.claimedSeconds;
  const backend = await planner.backend(options);
  const time = seconds === null ? null : planner.predictor.time(options, threads, seconds, backend);
  await mkdir(planner.projectsFolder, { recursive: true });
  const { bavail, bsize } = await statfs(planner.projectsFolder);
  return {
    media: {
      title: basename(path, extname(path)),
      seconds,
      ...{ container: info.container, codec: info.codec, rate: info.rate, channels: info.channels },
      bytes: (await stat(path)).size,
    },
    stems: options.stems ?? sources,
    backend,
    segmentSeconds: memory.segmentSeconds,
    isSegmentLimited: memory.isLimited,
    predicted: {
      seconds: time?.seconds ?? null,
      isRough: time?.isRough ?? false,
      memoryBytes: memory.bytes,
      diskBytes: seconds === null ? null : diskBytes(info, seconds, facts, options.stems?.length ?? sources.length),
    },
    freeDiskBytes: bavail * bsize,
  };
}

/** At the fullest moment: the song, its copy and sources at the model's rate, and what is kept, the residual with it. */
function diskBytes(info: MediaInfo, seconds: number, { sources, rate, channels }: Omit<ModelFacts, 'memory'>, kept: number): number {
  const own = seconds * info.rate * Math.min(info.channels, 2) * 4;
  const model = seconds * rate * channels * 4;
  const isConverted = info.rate !== rate || Math.min(info.channels, 2) !== channels;
  return Math.ceil(2 * own + sources.length * model + (isConverted ? model + kept * own : 0));
}
