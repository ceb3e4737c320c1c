import { mkdir, stat, statfs } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { StemwrightError } from '../contract/errors.ts';
import type { ItemPlan, QueueOptions } from '../contract/queue.ts';
import type { SeparationReport } from '../contract/separation.ts';
import { probe, type MediaInfo } from '../media/probe.ts';
import { JsonFile } from './json-file.ts';
import type { ModelStore } from './model-store.ts';
import { describeNetwork, type NetworkFacts } from './models.ts';

const Pace = z.strictObject({ key: z.string(), secondsPerWork: z.number().positive() });
const maxPaces = 200;

/** How long separating took on this machine, so that it can be said beforehand. */
export class PaceHistory {
  readonly #file: JsonFile<z.infer<typeof Pace>[]>;
  #paces: z.infer<typeof Pace>[];

  private constructor(file: JsonFile<z.infer<typeof Pace>[]>, paces: z.infer<typeof Pace>[]) {
    this.#file = file;
    this.#paces = paces;
  }

  static async open(path: string): Promise<PaceHistory> {
    const file = new JsonFile(path, z.array(Pace));
    return new PaceHistory(file, (await file.load()) ?? []);
  }

  /** @param threads those it ran on */
  async note(options: QueueOptions, threads: number, report: SeparationReport): Promise<void> {
    const key = keyOf(options, threads);
    const secondsPerWork = report.seconds / work(options, report.audioSeconds);
    this.#paces = [...this.#paces.filter((pace) => pace.key !== key), { key, secondsPerWork }].slice(-maxPaces);
    await this.#file.save(this.#paces);
  }

  /** @return null when nothing like it has run yet */
  predict(options: QueueOptions, threads: number, audioSeconds: number): number | null {
    const pace = this.#paces.find(({ key }) => key === keyOf(options, threads));
    return pace === undefined ? null : pace.secondsPerWork * work(options, audioSeconds);
  }
}

function keyOf({ model, mode, segmentSeconds }: QueueOptions, threads: number): string {
  return JSON.stringify([model, mode, segmentSeconds, threads]);
}

/** Seconds of sound that pass through the network. */
function work({ shifts, overlap }: QueueOptions, audioSeconds: number): number {
  return (audioSeconds * Math.max(1, shifts)) / (1 - overlap);
}

export interface Planner {
  store: ModelStore;
  history: PaceHistory;
  projectsFolder: string;
  /** What options without a thread count mean. */
  threads: number;
}

/** What separating a song would take. @throws StemwrightError when it, or its model, cannot be read */
export async function planItem(path: string, options: QueueOptions, planner: Planner, signal?: AbortSignal): Promise<ItemPlan> {
  const [info, network] = await Promise.all([probe(path, signal), describeNetwork(planner.store, options.model)]);
  const unknown = options.stems?.find((name) => !network.sources.includes(name));
  if (unknown !== undefined) {
    throw new StemwrightError('usage', `the model has no stem "${unknown}"`, `It has ${network.sources.join(', ')}.`);
  }
  const seconds = info.claimedSeconds;
  await mkdir(planner.projectsFolder, { recursive: true });
  const { bavail, bsize } = await statfs(planner.projectsFolder);
  return {
    media: {
      title: basename(path, extname(path)),
      seconds,
      ...{ container: info.container, codec: info.codec, rate: info.rate, channels: info.channels },
      bytes: (await stat(path)).size,
    },
    stems: options.stems ?? network.sources,
    backend: 'cpu',
    segmentSeconds: options.segmentSeconds ?? network.segmentSeconds,
    isSegmentLimited: false,
    predicted: {
      seconds: seconds === null ? null : planner.history.predict(options, options.threads ?? planner.threads, seconds),
      memoryBytes: null,
      diskBytes: seconds === null ? null : diskBytes(info, seconds, network, options.stems?.length ?? network.sources.length),
    },
    freeDiskBytes: bavail * bsize,
  };
}

/** At the fullest moment: the song, its copy and sources at the model's rate, and what is kept. */
function diskBytes(info: MediaInfo, seconds: number, { sources, rate, channels }: NetworkFacts, kept: number): number {
  const own = seconds * info.rate * Math.min(info.channels, 2) * 4;
  const model = seconds * rate * channels * 4;
  const isConverted = info.rate !== rate || Math.min(info.channels, 2) !== channels;
  return Math.ceil(own + sources.length * model + (isConverted ? model + kept * own : 0));
}

export function historyPath(dataFolder: string): string {
  return join(dataFolder, 'pace.json');
}
