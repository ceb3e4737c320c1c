import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StemwrightError } from '../contract/errors.ts';
import { Id } from '../contract/queue.ts';
import { original, residual, type TrackRef } from './project-folder.ts';
import type { Services } from './services.ts';
import type { SpectrumTiles } from './spectrum.ts';

/** What lies at an address beside the page. `saveAs`: the name of a file that is to be saved, not shown. */
export type Content =
  | { kind: 'file'; path: string; contentType: string; saveAs: string | null }
  | { kind: 'bytes'; bytes: Uint8Array; contentType: string }
  /** The files of an export, which a shell may pack into one. */
  | { kind: 'files'; files: { name: string; path: string }[]; saveAs: string };

const samples = 'application/octet-stream';

/**
 * Takes the path of an address apart. No segment leads anywhere by itself: none is empty but the last, none is `.` or `..`,
 * none holds a separator.
 * @return null when it cannot be an address of ours
 */
export function addressSegments(path: string): string[] | null {
  const segments = path.split('/').map(decode);
  return segments.every((segment, index): segment is string => isPlain(segment, index === segments.length - 1)) ? segments : null;
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function isPlain(segment: string | null, isLast: boolean): segment is string {
  return segment !== null && (segment !== '' || isLast) && !/^\.\.?$|[/\\\0]/.test(segment);
}

/** The tracks, spectra and finished exports of a studio, by the addresses that its answers name. */
export class Addresses {
  readonly #services: Pick<Services, 'library' | 'songs' | 'tasks' | 'exportsFolder'>;
  readonly #tiles: SpectrumTiles;

  constructor(services: Pick<Services, 'library' | 'songs' | 'tasks' | 'exportsFolder'>, tiles: SpectrumTiles) {
    this.#services = services;
    this.#tiles = tiles;
  }

  /**
   * @param segments as `addressSegments` gives them
   * @return null when there is nothing at that address
   */
  async find(segments: readonly string[]): Promise<Content | null> {
    const [first, second, id = '', ...rest] = segments;
    if (first === 'downloads' && segments.length === 2) {
      return this.#export(second ?? '');
    }
    if (first !== 'tracks' || !Id.safeParse(id).success) {
      return null;
    }
    if (second === 'job') {
      return this.#jobTrack(id, rest);
    }
    return second === 'project' ? this.#ofProject(id, rest).catch(nullWhenRefused) : null;
  }

  /** `<index>.f32` or `<index>.peaks` */
  #jobTrack(id: string, rest: readonly string[]): Content | null {
    const match = rest.length === 1 ? /^(\d{1,2})\.(f32|peaks)$/.exec(rest[0] ?? '') : null;
    const path = match === null ? null : this.#services.songs.trackPath(id, Number(match[1]), match[2] === 'f32' ? 'f32' : 'peaks');
    return path === null ? null : { kind: 'file', path, contentType: samples, saveAs: null };
  }

  /** `<track>.f32`, `<track>.peaks` or `<track>.spectrum/<level>/<index>` */
  async #ofProject(id: string, rest: readonly string[]): Promise<Content | null> {
    const kind = rest[0] === 'stems' ? ('stem' as const) : rest[0] === 'prints' ? ('print' as const) : null;
    const [last = '', ...tile] = kind === null ? rest : rest.slice(1);
    const [, name = '', ending] = /^(.+)\.(f32|peaks|spectrum)$/s.exec(last) ?? [];
    const track = kind === null ? songTrack(name) : { kind, name };
    if (track === null || ending === undefined) {
      return null;
    }
    if (ending === 'spectrum') {
      const bytes = await this.#spectrum(id, track, tile);
      return bytes === null ? null : { kind: 'bytes', bytes, contentType: samples };
    }
    const path = tile.length > 0 ? null : await this.#services.library.trackPath(id, track, ending === 'f32' ? 'f32' : 'peaks');
    return path === null ? null : { kind: 'file', path, contentType: samples, saveAs: null };
  }

  async #spectrum(id: string, track: TrackRef, tile: readonly string[]): Promise<Uint8Array | null> {
    const [level = '', index = ''] = tile;
    if (tile.length !== 2 || ![level, index].every((text) => /^(?:0|[1-9]\d{0,8})$/.test(text))) {
      return null;
    }
    const { library } = this.#services;
    const path = await library.trackPath(id, track, 'f32');
    return path === null ? null : this.#tiles.tile(path, (await library.find(id)).file, Number(level), Number(index));
  }

  async #export(task: string): Promise<Content | null> {
    const found = this.#services.tasks.list().find(({ id }) => id === task);
    if (found?.state !== 'done' || found.download === null) {
      return null;
    }
    const folder = join(this.#services.exportsFolder, task);
    const [title = ''] = await readdir(folder);
    const files = (await readdir(join(folder, title))).sort().map((name) => ({ name, path: join(folder, title, name) }));
    const [only, ...others] = files;
    return only !== undefined && others.length === 0
      ? { kind: 'file', path: only.path, contentType: samples, saveAs: only.name }
      : { kind: 'files', files, saveAs: `${title}.zip` };
  }
}

function songTrack(name: string): TrackRef | null {
  return [original, residual].find((track) => track.name === name) ?? null;
}

function nullWhenRefused(error: unknown): null {
  if (error instanceof StemwrightError) {
    return null;
  }
  throw error;
}
