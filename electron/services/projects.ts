import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromWriteError, StemwrightError } from '../contract/errors.ts';
import type { Library, Mix, Project, ProjectFile } from '../contract/project.ts';
import type { ProjectEdits } from './project-edits.ts';
import { mixFile, readProject, summarise, trackFile, trackRefs, writeProjectFile, type ProjectFolder, type TrackRef } from './project-folder.ts';
import { readRecipes, stalePrints } from './project-prints.ts';
import { Turns } from './turns.ts';

/** The projects of a folder: what lies there is what there is. */
export class ProjectLibrary {
  readonly folder: string;
  /** Where each was seen last, so that opening one needs no scan. */
  readonly #seen = new Map<string, string>();
  readonly #turns = new Turns();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Newest first. */
  async list(): Promise<Library> {
    const library: Library = { projects: [], damaged: [] };
    for (const folder of await this.#folders()) {
      const found = await readProject(folder);
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

  /** Every project that can be read. */
  async all(): Promise<ProjectFolder[]> {
    const found = await Promise.all((await this.#folders()).map(readProject));
    return found.filter((project) => typeof project !== 'string');
  }

  async open(id: string, edits: ProjectEdits): Promise<Project> {
    const found = await this.find(id);
    const { rate, channels, frames } = found.file;
    const address = ({ kind, name }: TrackRef) => `tracks/project/${id}/${kind === 'stem' || kind === 'print' ? `${kind}s/${encodeURIComponent(name)}` : kind}`;
    const mix = await mixFile(found.folder).load();
    const state = await edits.state(found);
    return {
      ...(await summarise(found)),
      folder: found.folder,
      ...{ rate, channels, frames },
      tracks: trackRefs(found.file).map((track) => ({
        ...track,
        samples: `${address(track)}.f32`,
        peaks: `${address(track)}.peaks`,
        spectrum: `${address(track)}.spectrum`,
      })),
      stalePrints: stalePrints(found.file.prints ?? [], state.list, await readRecipes(found.folder)),
      report: found.report,
      mix: mix === null ? null : withoutVersion(mix),
      edits: state,
    };
  }

  /** @return the path of a file that the project's own list of tracks names, else null */
  async trackPath(id: string, track: TrackRef, ending: 'f32' | 'peaks'): Promise<string | null> {
    const { folder, file } = await this.find(id);
    const isIts = trackRefs(file).some(({ kind, name }) => kind === track.kind && name === track.name);
    return isIts ? join(folder, trackFile(track, ending)) : null;
  }

  rename(id: string, title: string): Promise<void> {
    return this.#change(id, { title });
  }

  /** @param sourcePath of the song's own file */
  relocate(id: string, sourcePath: string): Promise<void> {
    return this.#change(id, { sourcePath });
  }

  async saveMix(id: string, mix: Mix): Promise<void> {
    await this.#turns.take(`mix ${id}`, async () => mixFile((await this.find(id)).folder).save({ version: 1, ...mix }));
  }

  /** Work that reads or changes the project's tracks as a whole: one after another. */
  withTracks<T>(id: string, work: (project: ProjectFolder) => Promise<T>): Promise<T> {
    return this.#turns.take(`tracks ${id}`, async () => work(await this.find(id)));
  }

  /**
   * Waits for what is going on with the project's tracks.
   * @param trash moves a folder where the user can get it back from
   */
  async delete(id: string, trash: (path: string) => Promise<void>): Promise<void> {
    await this.withTracks(id, async ({ folder }) => {
      await trash(folder);
      this.#seen.delete(id);
    });
  }

  /** @throws StemwrightError 'usage' when there is no such project, or it is damaged */
  async find(id: string): Promise<ProjectFolder> {
    const found = await this.seek(id);
    if (found === null) {
      throw new StemwrightError('usage', 'there is no such project', 'It may have been moved or deleted: look at the library again.');
    }
    return found;
  }

  async seek(id: string): Promise<ProjectFolder | null> {
    const seen = this.#seen.get(id);
    const found = seen === undefined ? null : await readProject(seen);
    if (found !== null && typeof found !== 'string' && found.file.id === id) {
      return found;
    }
    for (const folder of await this.#folders()) {
      const candidate = await readProject(folder);
      if (typeof candidate !== 'string' && candidate.file.id === id) {
        this.#seen.set(id, folder);
        return candidate;
      }
    }
    return null;
  }

  async #change(id: string, change: Partial<Pick<ProjectFile, 'title' | 'sourcePath'>>): Promise<void> {
    await this.#turns.take(`file ${id}`, async () => {
      const { folder, file } = await this.find(id);
      await writeProjectFile(folder, { ...file, ...change });
    });
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

function withoutVersion({ strips, loop, isLooping, markers, timePitch }: Mix): Mix {
  return { strips, loop, isLooping, markers, ...(timePitch === undefined ? {} : { timePitch }) };
}
