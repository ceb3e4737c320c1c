import { linkSync } from 'node:fs';
import type { LiveTracks as Shown } from '../contract/queue.ts';
import { JobFolder } from './job-folder.ts';
import type { PlayableSong } from './playable-song.ts';
import { original, stemRefs } from './project-folder.ts';
import type { TracksInWork } from './separate.ts';

/**
 * The tracks of the song that is being separated, under names that go on after they have been moved into the project or
 * removed: until the next song's, so that a page can play on while it opens the project.
 */
export class LiveTracks {
  readonly #projectsFolder: string;
  #held: { id: string; tracks: TracksInWork; folder: JobFolder; paths: string[] } | null = null;
  /** Whether there is something to hear. */
  #isShown = false;

  constructor(projectsFolder: string) {
    this.#projectsFolder = projectsFolder;
  }

  async begin(id: string, tracks: TracksInWork): Promise<void> {
    await this.release();
    this.#held = { id, tracks, folder: await JobFolder.create(this.#projectsFolder), paths: [] };
  }

  /** To be called when something is final: only then all the files are there. */
  show(): Shown | null {
    if (this.#held === null) {
      return null;
    }
    const { id, tracks, folder } = this.#held;
    const named = [['original', tracks.original], ...tracks.sources] as [string, string][];
    if (!this.#isShown) {
      this.#isShown = true;
      this.#held.paths = named.map(([, path], index) => linked(path, folder.file(`${index}.f32`)));
    }
    const { rate, channels, frames } = tracks;
    const address = (index: number, ending: string) => `tracks/job/${id}/${index}.${ending}`;
    return { rate, channels, frames, tracks: named.map(([name], index) => ({ name, samples: address(index, 'f32'), peaks: address(index, 'peaks') })) };
  }

  /** Once it is shown. */
  playable(id: string): Omit<PlayableSong, 'finished'> | null {
    const held = this.#held;
    if (held?.id !== id || !this.#isShown) {
      return null;
    }
    const { rate, channels, frames, sources } = held.tracks;
    const refs = [original, ...stemRefs([...sources.keys()])];
    return { rate, channels, frames, tracks: refs.map((ref, index) => ({ ...ref, path: held.paths[index] ?? '' })), folder: null };
  }

  path(id: string, index: number, ending: 'f32' | 'peaks'): string | null {
    const path = this.#held?.id === id ? this.#held.paths[index] : undefined;
    return path?.replace(/f32$/, ending) ?? null;
  }

  /** Null when no song has begun. */
  get layout(): { rate: number; frames: number } | null {
    return this.#held?.tracks ?? null;
  }

  async release(): Promise<void> {
    const held = this.#held;
    this.#held = null;
    this.#isShown = false;
    await held?.folder.remove();
  }
}

/** A second name for the track and its peaks; where the disk knows no such thing, the first has to do as long as it lasts. */
function linked(path: string, name: string): string {
  try {
    linkSync(path, name);
    linkSync(path.replace(/f32$/, 'peaks'), name.replace(/f32$/, 'peaks'));
    return name;
  } catch {
    return path;
  }
}
