import { cpus } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { QueueOptions } from '../contract/queue.ts';
import type { SeparationReport } from '../contract/separation.ts';
import { JsonFile } from './json-file.ts';

const Pace = z.strictObject({ key: z.string(), secondsPerWork: z.number().positive(), isRough: z.boolean() });
type Pace = z.infer<typeof Pace>;
const maxPaces = 200;

/** What separating takes so much time with: everything else changes little of it. */
export type PaceSubject = Pick<QueueOptions, 'model' | 'mode' | 'precision'> & { backend?: SeparationReport['backend'] };

export interface Prediction {
  seconds: number;
  /** Measured while other programs kept the machine busy: it may well be faster. */
  isRough: boolean;
}

/** How long separating took on this machine, so that it can be said beforehand. */
export class PaceHistory {
  readonly #file: JsonFile<Pace[]>;
  readonly #machine: string;
  #paces: Pace[];

  private constructor(file: JsonFile<Pace[]>, machine: string, paces: Pace[]) {
    this.#file = file;
    this.#machine = machine;
    this.#paces = paces;
  }

  /** @param machine as which the figures of this one are known: its data may move to another */
  static async open(dataFolder: string, machine: string): Promise<PaceHistory> {
    const file = new JsonFile(join(dataFolder, 'pace.json'), z.array(Pace));
    return new PaceHistory(file, machine, (await file.load()) ?? []);
  }

  /** @param threads those it ran on */
  note(options: QueueOptions, threads: number, report: Pick<SeparationReport, 'seconds' | 'audioSeconds' | 'backend'>, isRough: boolean): Promise<void> {
    return this.noteMeasured({ ...options, backend: report.backend }, threads, report.seconds / work(options, report.audioSeconds), isRough);
  }

  /**
   * What was measured on a busy machine never takes the place of something better.
   * @param secondsPerWork for each second of sound that passes through the network
   */
  async noteMeasured(subject: PaceSubject, threads: number, secondsPerWork: number, isRough: boolean): Promise<void> {
    const key = this.#key(subject, threads);
    const known = this.#find(subject, threads);
    if (isRough && known !== undefined && (!known.isRough || known.secondsPerWork <= secondsPerWork)) {
      return;
    }
    this.#paces = [...this.#paces.filter((pace) => pace.key !== key), { key, secondsPerWork, isRough }].slice(-maxPaces);
    await this.#file.save(this.#paces);
  }

  /** @return null when nothing like it has run yet */
  predict(options: QueueOptions, threads: number, audioSeconds: number, backend: SeparationReport['backend'] = 'cpu'): Prediction | null {
    const pace = this.#find({ ...options, backend }, threads);
    return pace === undefined ? null : { seconds: pace.secondsPerWork * work(options, audioSeconds), isRough: pace.isRough };
  }

  #find(subject: PaceSubject, threads: number): Pace | undefined {
    const key = this.#key(subject, threads);
    return this.#paces.find((pace) => pace.key === key);
  }

  /** Figures of before bf16 and the GPU were choices are those of fp32 on the processor. */
  #key({ model, mode, precision, backend = 'cpu' }: PaceSubject, threads: number): string {
    return JSON.stringify([this.#machine, model, mode, threads, ...(precision === 'fp32' ? [] : [precision]), ...(backend === 'cpu' ? [] : [backend])]);
  }
}

/** Seconds of sound that pass through the network. */
function work({ shifts, overlap }: QueueOptions, audioSeconds: number): number {
  return (audioSeconds * Math.max(1, shifts)) / (1 - overlap);
}

/** @param isa the instruction set that the engine uses */
export function thisMachine(isa: string): string {
  const all = cpus();
  return `${all[0]?.model.trim() ?? 'unknown processor'}, ${all.length} threads, ${isa}`;
}
