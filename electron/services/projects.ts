import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromWriteError, printable, StemwrightError } from '../contract/errors.ts';
import { ProjectFile, Title, type Library, type Project, type ProjectSummary, type ProjectTrack } from '../contract/project.ts';
import { SeparationReport } from '../contract/separation.ts';
import type { NativeModule } from '../engine/native.ts';
import { parseJson, writeAtomically } from './json-file.ts';
import { toDb } from './levels.ts';
import type { SeparatedSong } from './separate.ts';

const projectName = 'project.json';
const reportName = 'separation.json';

interface Found {
  folder: string;
  file: ProjectFile;
  report: SeparationReport;
}

/** A track's samples within a project's folder; `.peaks` lies beside `.f32`. */
function trackFile(track: { kind: ProjectTrack['kind']; name: string }, ending: 'f32' | 'peaks'): string {
  return track.kind === 'original' ? `original.${ending}` : join('stems', `${track.name}.${ending}`);
}

/**
 * Delivers stems as a project: 32-bit float tracks with their peaks, beside the song they were taken from.
 * @param id given to the project
 */
export function asProject(native: NativeModule, id: string): (song: SeparatedSong) => Promise<SeparationReport> {
  return async (song) => {
    const { stems, frames, reference } = song;
    const { rate, channels } = reference;
    const result = song.folder.resultPath;
    await mkdir(join(result, 'stems'));
    const tracks = [...stems.map(({ name, path }) => ({ kind: 'stem' as const, name, path })), { kind: 'original' as const, name: 'original', path: reference.path }];
    const step = song.steps('encode', tracks.length);
    for (const track of tracks) {
      const path = join(result, trackFile(track, 'f32'));
      await rename(track.path, path);
      await native.writePeaks({ track: path, channels });
      await Promise.all([flush(path), flush(join(result, trackFile(track, 'peaks')))]);
      step();
    }
    const file = ProjectFile.parse({
      version: 1,
      id,
      title: titleFrom(song.name),
      createdAt: new Date().toISOString(),
      sourcePath: song.info.path,
      ...{ rate, channels, frames, stems: stems.map(({ name }) => name) },
    });
    await writeFile(join(result, projectName), `${JSON.stringify(file, null, 2)}\n`, { flush: true });
    return song.publish((folder) =>
      stems.map(({ name, peak }) => ({
        name,
        path: join(folder, trackFile({ kind: 'stem', name }, 'f32')),
        ...{ rate, channels, samples: frames },
        peakDb: toDb(peak),
        clippedSamples: 0,
      })),
    );
  };
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A file's name may hold what a title may not. */
function titleFrom(name: string): string {
  const title = Title.safeParse(printable(name).slice(0, 200));
  return title.success ? title.data : 'Untitled';
}

/** The projects of a folder: what lies there is what there is. */
export class ProjectLibrary {
  readonly folder: string;
  /** Where each was seen last, so that opening one needs no scan. */
  readonly #seen = new Map<string, string>();

  constructor(folder: string) {
    this.folder = folder;
  }

  static newId(): string {
    return randomUUID();
  }

  /** Newest first. */
  async list(): Promise<Library> {
    const library: Library = { projects: [], damaged: [] };
    for (const folder of await this.#folders()) {
      const found = await read(folder);
      if (typeof found === 'string') {
        library.damaged.push({ folder, message: found });
      } else {
        this.#seen.set(found.file.id, folder);
        library.projects.push(await summarise(found));
      }
    }
    library.projects.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
    return library;
  }

  async open(id: string): Promise<Project> {
    const found = await this.find(id);
    const { rate, channels, frames, stems } = found.file;
    const tracks = [{ kind: 'original' as const, name: 'original' }, ...stems.map((name) => ({ kind: 'stem' as const, name }))];
    const address = (track: { kind: ProjectTrack['kind']; name: string }, ending: string) =>
      `tracks/project/${id}/${track.kind === 'original' ? 'original' : `stems/${encodeURIComponent(track.name)}`}.${ending}`;
    return {
      ...(await summarise(found)),
      folder: found.folder,
      ...{ rate, channels, frames },
      tracks: tracks.map((track) => ({ ...track, samples: address(track, 'f32'), peaks: address(track, 'peaks') })),
      report: found.report,
    };
  }

  /** @return the path of a file that the project's own list of tracks names, else null */
  async trackPath(id: string, track: { kind: ProjectTrack['kind']; name: string }, ending: 'f32' | 'peaks'): Promise<string | null> {
    const { folder, file } = await this.find(id);
    return track.kind === 'original' || file.stems.includes(track.name) ? join(folder, trackFile(track, ending)) : null;
  }

  async rename(id: string, title: string): Promise<void> {
    const { folder, file } = await this.find(id);
    await writeAtomically(join(folder, projectName), `${JSON.stringify({ ...file, title }, null, 2)}\n`);
  }

  /** @param trash moves a folder where the user can get it back from */
  async delete(id: string, trash: (path: string) => Promise<void>): Promise<void> {
    const { folder } = await this.find(id);
    await trash(folder);
    this.#seen.delete(id);
  }

  /** @throws StemwrightError 'usage' when there is no such project, or it is damaged */
  async find(id: string): Promise<Found> {
    const seen = this.#seen.get(id);
    const found = seen === undefined ? null : await read(seen);
    if (found !== null && typeof found !== 'string' && found.file.id === id) {
      return found;
    }
    for (const folder of await this.#folders()) {
      const candidate = await read(folder);
      if (typeof candidate !== 'string' && candidate.file.id === id) {
        this.#seen.set(id, folder);
        return candidate;
      }
    }
    throw new StemwrightError('usage', 'there is no such project', 'It may have been moved or deleted: look at the library again.');
  }

  async #folders(): Promise<string[]> {
    const entries = await readdir(this.folder, { withFileTypes: true }).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        return [];
      }
      throw fromWriteError(error, this.folder);
    });
    return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => join(this.folder, name));
  }
}

/** @return what is wrong with the folder, in a line, when it cannot be read */
async function read(folder: string): Promise<Found | string> {
  const [project, report] = await Promise.all([projectName, reportName].map((name) => readFile(join(folder, name), 'utf8').catch(() => null)));
  const file = ProjectFile.safeParse(parseJson(project ?? ''));
  const separation = SeparationReport.safeParse(parseJson(report ?? ''));
  if (!file.success) {
    return `${projectName} ${project === null ? 'is missing' : 'is damaged, or from a newer version'}`;
  }
  if (!separation.success) {
    return `${reportName} ${report === null ? 'is missing' : 'is damaged, or from a newer version'}`;
  }
  return { folder, file: file.data, report: separation.data };
}

async function summarise({ folder, file, report }: Found): Promise<ProjectSummary> {
  const tracks = [{ kind: 'original' as const, name: 'original' }, ...file.stems.map((name) => ({ kind: 'stem' as const, name }))];
  const names = tracks.flatMap((track) => [trackFile(track, 'f32'), trackFile(track, 'peaks')]);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(folder, name))));
  const source = await stat(file.sourcePath).catch(() => null);
  return {
    id: file.id,
    title: file.title,
    createdAt: file.createdAt,
    seconds: file.frames / file.rate,
    stems: file.stems,
    model: report.model.id,
    bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
    sourcePath: file.sourcePath,
    sourceMissing: source?.isFile() !== true,
    missing: names.filter((_, index) => sizes[index] === null),
  };
}

async function sizeOf(path: string): Promise<number | null> {
  const info = await stat(path).catch(() => null);
  return info?.isFile() === true ? info.size : null;
}
