import { join } from 'node:path';
import { z } from 'zod';
import { StemwrightError } from '../contract/errors.ts';
import { Rhythm, type RhythmCorrection } from '../contract/rhythm.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativeModule } from '../engine/native.ts';
import { JsonFile } from './json-file.ts';
import { original, trackFile, type ProjectFolder } from './project-folder.ts';
import { Turns } from './turns.ts';

/** `rhythm.json` of a project: as it was found, and as a person has it. */
const RhythmFile = z.strictObject({ version: z.literal(1), found: Rhythm, now: Rhythm });
type RhythmFile = z.infer<typeof RhythmFile>;

/** Of the contract. */
const bpmLimits = { least: 20, most: 400 };

/** Tempo, beats and key of projects, each found once. */
export class ProjectRhythms {
  readonly #native: NativeModule;
  readonly #turns = new Turns();

  constructor(native: NativeModule) {
    this.#native = native;
  }

  get(project: ProjectFolder): Promise<Rhythm> {
    return this.#turns.take(project.file.id, async () => (await this.#load(project)).now);
  }

  /** @throws StemwrightError 'usage' where there is no tempo to double or halve, or none that is left would be one */
  correct(project: ProjectFolder, correction: RhythmCorrection): Promise<Rhythm> {
    return this.#turns.take(project.file.id, async () => {
      const known = await this.#load(project);
      const now = correction.kind === 'reset' ? known.found : corrected(known.now, correction, project.file.frames / project.file.rate);
      await rhythmFile(project.folder).save({ ...known, now });
      return now;
    });
  }

  async #load(project: ProjectFolder): Promise<RhythmFile> {
    const file = rhythmFile(project.folder);
    const kept = await file.load();
    if (kept !== null) {
      return kept;
    }
    const found = await this.#find(project);
    const made: RhythmFile = { version: 1, found, now: found };
    await file.save(made);
    return made;
  }

  async #find({ folder, file }: ProjectFolder): Promise<Rhythm> {
    const spec = { track: join(folder, trackFile(original, 'f32')), channels: file.channels, rate: file.rate };
    const { bpm, confidence, beats, key } = await this.#native.findRhythm(spec).catch((error: unknown) => {
      throw fromNative(error);
    });
    return { tempo: bpm === 0 ? null : { bpm, confidence }, beats, key, isCorrected: false };
  }
}

function rhythmFile(folder: string): JsonFile<RhythmFile> {
  return new JsonFile(join(folder, 'rhythm.json'), RhythmFile);
}

function corrected(rhythm: Rhythm, correction: Exclude<RhythmCorrection, { kind: 'reset' }>, seconds: number): Rhythm {
  switch (correction.kind) {
    case 'key':
      return { ...rhythm, key: { ...correction.key, confidence: 1 }, isCorrected: true };
    case 'tap':
      return withTempo(rhythm, correction.bpm, grid(correction.bpm, correction.offsetSeconds, seconds));
    case 'double':
      return withTempo(rhythm, 2 * bpmOf(rhythm), rhythm.beats.flatMap((beat, i, { [i + 1]: next }) => (next === undefined ? [beat] : [beat, (beat + next) / 2])));
    case 'halve':
      return withTempo(rhythm, bpmOf(rhythm) / 2, rhythm.beats.filter((_, i) => i % 2 === 0));
  }
}

function withTempo(rhythm: Rhythm, bpm: number, beats: number[]): Rhythm {
  if (bpm < bpmLimits.least || bpm > bpmLimits.most) {
    throw new StemwrightError('usage', `${bpm.toFixed(1)} beats a minute is no tempo`, `It lies between ${bpmLimits.least} and ${bpmLimits.most}.`);
  }
  return { ...rhythm, tempo: { bpm, confidence: 1 }, beats, isCorrected: true };
}

function bpmOf({ tempo }: Rhythm): number {
  if (tempo === null) {
    throw new StemwrightError('usage', 'no tempo was found in this song', 'Tap it.');
  }
  return tempo.bpm;
}

/** Even beats over the whole song, one of them at `offset`. */
function grid(bpm: number, offset: number, seconds: number): number[] {
  const period = 60 / bpm;
  const start = offset - Math.floor(offset / period) * period;
  return Array.from({ length: Math.max(0, Math.floor((seconds - start) / period) + 1) }, (_, i) => start + i * period);
}
