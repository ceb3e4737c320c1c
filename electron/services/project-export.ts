import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fromWriteError, printable, StemwrightError } from '../contract/errors.ts';
import type { ExportSpec } from '../contract/project.ts';
import type { StemFormat } from '../contract/separation.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativeModule } from '../engine/native.ts';
import { coverAs } from '../media/cover.ts';
import { encode } from '../media/encode.ts';
import { formatTraits, writableRate } from '../media/formats.ts';
import { convert } from '../media/resample.ts';
import { copyableTags } from '../media/tags.ts';
import { fillTrack } from './engine-run.ts';
import { JobFolder } from './job-folder.ts';
import { planWriting } from './levels.ts';
import { songFolderName } from './output-name.ts';
import { panMatrix } from './pan.ts';
import { coverName, trackFile, trackRefs, type ProjectFolder } from './project-folder.ts';

export interface ExportJob {
  native: NativeModule;
  project: ProjectFolder;
  /** Absolute; gets `<title>/`. */
  out: string;
  signal: AbortSignal;
  onProgress: (fraction: number, detail: string) => void;
}

type Part = ExportSpec['parts'][number];

/**
 * Writes stems of a project, or sums of them, as audio files: all at once when everything is done.
 * @return the folder they are in
 */
export async function exportProject(spec: ExportSpec, job: ExportJob): Promise<string> {
  try {
    job.signal.throwIfAborted();
    const folder = await JobFolder.create(job.out);
    try {
      return await new ProjectExport(spec, job, folder).run();
    } finally {
      await folder.remove();
    }
  } catch (error) {
    job.signal.throwIfAborted();
    throw fromWriteError(fromNative(error), job.out);
  }
}

class ProjectExport {
  readonly #spec: ExportSpec;
  readonly #job: ExportJob;
  readonly #found: ProjectFolder;
  readonly #folder: JobFolder;
  #done = 0;

  constructor(spec: ExportSpec, job: ExportJob, folder: JobFolder) {
    this.#spec = spec;
    this.#job = job;
    this.#found = job.project;
    this.#folder = folder;
  }

  async run(): Promise<string> {
    const { parts, format, clipMode, dither } = this.#spec;
    const { file, report } = this.#found;
    const names = this.#names();
    const channels = this.#channels;
    const rate = writableRate(format ?? 'wav24', this.#spec.rate === 'source' ? file.rate : this.#spec.rate);
    const tracks: string[] = [];
    for (const [index, part] of parts.entries()) {
      tracks.push(await this.#converted(await this.#sum(part, index), index, rate));
      this.#step(part.name);
    }
    const { signal, native } = this.#job;
    const measures = await native.measureTracks({ tracks, channels, signal });
    const plan = planWriting(format, clipMode, { peak: Math.max(...measures.peaks), overs: measures.overs.reduce((sum, count) => sum + count, 0) });
    const tags = copyableTags(report.input.tags);
    const cover = await this.#cover(plan.format);
    for (const [index, path] of tracks.entries()) {
      const output = join(this.#folder.resultPath, `${names[index] ?? ''}.${formatTraits[plan.format].extension}`);
      await encode({ source: { path, rate, channels }, output, format: plan.format, gain: plan.gain, dither, tags, cover }, signal);
      this.#step(names[index] ?? '');
    }
    return this.#folder.publish(file.title, (path) => {
      signal.throwIfAborted();
      return Promise.resolve(path);
    });
  }

  /** Of the parts' files, without their endings. */
  #names(): string[] {
    const { pattern, parts } = this.#spec;
    const names = parts.map(({ name }) => songFolderName(pattern.replaceAll('{song}', () => safe(this.#found.file.title)).replaceAll('{stem}', () => safe(name)), 1));
    if (new Set(names.map((name) => name.normalize('NFC').toLowerCase())).size < names.length) {
      throw new StemwrightError('usage', 'two parts of the export have the same name', 'Name each part differently.');
    }
    return names;
  }

  #step(detail: string): void {
    this.#job.onProgress(++this.#done / (2 * this.#spec.parts.length + 1), detail);
  }

  /** Panning makes two channels of one. */
  get #channels(): 1 | 2 {
    const isPanned = this.#spec.parts.some(({ inputs }) => inputs.some(({ pan }) => pan !== 0));
    return isPanned ? 2 : this.#found.file.channels;
  }

  /** The project's own track where one is wanted as it is. */
  async #sum(part: Part, index: number): Promise<string> {
    const inputs: { path: string; gain: number }[] = [];
    for (const [number, { stem, gain, pan }] of part.inputs.entries()) {
      const track = await this.#track(stem);
      const isAsItIs = pan === 0 && this.#channels === this.#found.file.channels;
      inputs.push({ gain, path: isAsItIs ? track : await this.#panned(track, pan, `pan-${index}-${number}.f32`) });
    }
    const [first] = inputs;
    if (inputs.length === 1 && first?.gain === 1) {
      return first.path;
    }
    const output = this.#folder.file(`sum-${index}.f32`);
    await this.#job.native.combineTracks({ inputs, channels: this.#channels, output, signal: this.#job.signal });
    return output;
  }

  async #track(name: string): Promise<string> {
    const { file, folder } = this.#found;
    const track = trackRefs(file).find((candidate) => candidate.name === name);
    if (track === undefined) {
      throw new StemwrightError('usage', `the project has no stem "${printable(name)}"`, `It has ${file.stems.join(', ')}.`);
    }
    const path = join(folder, trackFile(track, 'f32'));
    await checkThere(path);
    return path;
  }

  async #panned(path: string, pan: number, name: string): Promise<string> {
    const { rate, channels } = this.#found.file;
    const output = this.#folder.file(name);
    const target = { rate, channels: 2 as const, frames: null, matrix: panMatrix(pan, channels) };
    await fillTrack(this.#job.native, { path: output, channels: 2 }, convert({ path, rate, channels }, target, this.#job.signal));
    return output;
  }

  async #converted(path: string, index: number, rate: number): Promise<string> {
    const { rate: from, frames } = this.#found.file;
    const channels = this.#channels;
    if (rate === from) {
      return path;
    }
    const output = this.#folder.file(`rate-${index}.f32`);
    const target = { rate, channels, frames: Math.max(1, Math.round((frames * rate) / from)) };
    await fillTrack(this.#job.native, { path: output, channels }, convert({ path, rate: from, channels }, target, this.#job.signal));
    return output;
  }

  async #cover(format: StemFormat): Promise<string | null> {
    const form = formatTraits[format].cover;
    const picture = join(this.#found.folder, coverName);
    const exists = await stat(picture).then((info) => info.isFile(), () => false);
    return exists && form !== null ? coverAs(form, picture, this.#folder.file('cover')) : null;
  }
}

async function checkThere(path: string): Promise<void> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new StemwrightError('input', `${path}: a track of the project is missing`, 'Separate the song again.', { cause: error });
  });
  await file.close();
}

/** A title may hold what would lead to another folder. */
function safe(name: string): string {
  return name.replaceAll(/[/\\\u0000]/g, '_');
}
