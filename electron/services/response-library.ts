import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { peakColumns, plainResponse, type LibraryResponse, type ResponseEdit, type ResponseFacts, type ResponseLibrary, type ResponseRef } from '../contract/effects.ts';
import { fromWriteError, printable, StemwrightError } from '../contract/errors.ts';
import { AbsolutePath } from '../contract/queue.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativeModule } from '../engine/native.ts';
import { syncFolder } from './job-folder.ts';
import { JsonFile } from './json-file.ts';
import { toDb } from './levels.ts';
import { inspectResponse, isSoundFile, pairOf, responseName, sideOf } from './response-files.ts';
import type { ResponseTrack, ResponseTracks } from './response-tracks.ts';
import { bundledResponse, bundledResponses } from './responses.ts';

const mostFolders = 32;
/** A folder that was chosen by mistake may hold a whole disk. */
const mostFiles = 5000;
const mostDepth = 6;

/** What was found out about files, by the path of the first. */
const Known = z.strictObject({
  size: z.number(),
  mtimeMs: z.number(),
  facts: z.strictObject({ channels: z.int(), rate: z.int(), seconds: z.number(), decaySeconds: z.number().nullable() }).nullable(),
  fault: z.string().nullable(),
});
type Known = z.infer<typeof Known>;

const LibraryFile = z.strictObject({
  version: z.literal(1),
  folders: z.array(AbsolutePath),
  /** Ids of bundled responses, and paths. */
  favourites: z.array(z.string()),
  known: z.record(z.string(), Known),
});
type LibraryFile = z.infer<typeof LibraryFile>;

interface Entry {
  response: ResponseRef;
  name: string;
  source: LibraryResponse['source'];
  group: string;
  /** Left, or the only one. */
  path: string;
}

/** By which a file is found again that was moved. */
export interface Fingerprint {
  name: string;
  bytes: number;
  sha256: string;
}

export interface ResponseLibraryContext {
  native: NativeModule;
  /** Where the list is kept, and where imported files go. */
  file: string;
  folder: string;
  tracks: ResponseTracks;
  onChange: () => void;
}

/** The impulse responses there are: bundled, imported, and those in folders of the user's. Every method may throw a StemwrightError. */
export class ResponseStore {
  readonly #context: ResponseLibraryContext;
  readonly #file: JsonFile<LibraryFile>;
  #kept: LibraryFile;
  #looking: Promise<void> | null = null;
  #isClosed = false;

  private constructor(context: ResponseLibraryContext, file: JsonFile<LibraryFile>, kept: LibraryFile) {
    this.#context = context;
    this.#file = file;
    this.#kept = kept;
  }

  static async open(context: ResponseLibraryContext): Promise<ResponseStore> {
    const file = new JsonFile(context.file, LibraryFile);
    return new ResponseStore(context, file, (await file.load()) ?? { version: 1, folders: [], favourites: [], known: {} });
  }

  /** Looks at files that are new, one after the other; `onChange` tells of what it found. */
  async list({ search, isFavourite }: { search: string; isFavourite: boolean }): Promise<ResponseLibrary> {
    const { entries, folders } = await this.#scan();
    const words = plain(search).split(/\s+/).filter((word) => word !== '');
    const listed = entries.map((entry) => this.#listed(entry));
    this.#lookAt(entries);
    return {
      responses: listed.filter((one) => (one.isFavourite || !isFavourite) && words.every((word) => plain(`${one.name} ${one.group}`).includes(word))),
      folders,
    };
  }

  /** Those of the response, left first. */
  async files(response: ResponseRef): Promise<string[]> {
    return 'id' in response ? [(await bundledResponse(response.id)).path] : pairOf(response.path);
  }

  async nameOf(response: ResponseRef): Promise<string> {
    return 'id' in response ? (await bundledResponse(response.id)).card.name : responseName(response.path);
  }

  /** @param rate null: its own */
  async track(response: ResponseRef, rate: number | null): Promise<ResponseTrack> {
    try {
      return await this.#context.tracks.get(await this.files(response), rate);
    } catch (error) {
      throw fromNative(error);
    }
  }

  async describe(response: ResponseRef, edit: ResponseEdit): Promise<ResponseFacts> {
    const { path, channels, rate, frames } = await this.track(response, null);
    const found = await this.#context.native.describeResponse({ track: path, channels, rate, edit, columns: peakColumns }).catch((error: unknown) => {
      throw fromNative(error);
    });
    return {
      name: await this.nameOf(response),
      files: 'id' in response ? [] : await this.files(response),
      ...{ rate, channels, fileSeconds: frames / rate, seconds: found.frames / rate },
      loudnessGainDb: toDb(found.loudnessGain) ?? 0,
      ...{ peaks: found.peaks, decay: found.decay },
    };
  }

  /** @throws StemwrightError 'input' when one cannot be used; none is copied then */
  async import(paths: readonly string[]): Promise<ResponseRef[]> {
    const groups = await grouped(paths);
    for (const files of groups) {
      await this.#context.tracks.get(files, null);
    }
    const made: ResponseRef[] = [];
    for (const files of groups) {
      made.push({ path: await this.#copy(files) });
    }
    this.#context.onChange();
    return made;
  }

  /** @throws StemwrightError 'usage' when it was not imported */
  async remove(response: ResponseRef): Promise<void> {
    if (!('path' in response) || dirname(resolve(response.path)) !== resolve(this.#context.folder)) {
      throw new StemwrightError('usage', 'only a response that was imported can be removed', 'Take its folder out of the library, or delete the file.');
    }
    await Promise.all((await pairOf(response.path)).map((file) => rm(file, { force: true })));
    await this.setFavourite(response, false);
    this.#context.onChange();
  }

  async setFavourite(response: ResponseRef, isFavourite: boolean): Promise<void> {
    const key = keyOf(response);
    const others = this.#kept.favourites.filter((other) => other !== key);
    await this.#keep({ favourites: isFavourite ? [...others, key] : others });
    this.#context.onChange();
  }

  async addFolder(path: string): Promise<void> {
    const found = await stat(path).catch(() => null);
    if (found?.isDirectory() !== true) {
      throw new StemwrightError('input', `${printable(path)}: is no folder that can be read`, 'Choose a folder with impulse responses.');
    }
    const others = this.#kept.folders.filter((folder) => folder !== path);
    if (others.length >= mostFolders) {
      throw new StemwrightError('usage', `there are ${mostFolders} folders already`, 'Remove one first.');
    }
    await this.#keep({ folders: [...others, path] });
    this.#context.onChange();
  }

  async removeFolder(path: string): Promise<void> {
    await this.#keep({ folders: this.#kept.folders.filter((folder) => folder !== path) });
    this.#context.onChange();
  }

  /** Null for what comes with the studio. */
  async fingerprint(response: ResponseRef): Promise<Fingerprint | null> {
    if ('id' in response) {
      return null;
    }
    const { size } = await stat(response.path);
    return { name: basename(response.path), bytes: size, sha256: await hashOf(response.path) };
  }

  /** Where a response is now: where it was, or a file of the library that is it by name or by what it holds. Null: nowhere. */
  async locate(response: ResponseRef, known: Fingerprint | null): Promise<ResponseRef | null> {
    if ('id' in response) {
      return (await bundledResponses()).some(({ id }) => id === response.id) ? response : null;
    }
    if ((await stat(response.path).catch(() => null))?.isFile() === true) {
      return response;
    }
    const candidates = known === null ? [] : (await this.#scan()).entries.filter((entry) => entry.source !== 'bundled');
    const named = candidates.filter(({ path }) => basename(path) === known?.name);
    for (const { response: found, path } of [...named, ...candidates]) {
      if ((await stat(path).catch(() => null))?.size === known?.bytes && (await hashOf(path)) === known?.sha256) {
        return found;
      }
    }
    return null;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#looking;
    await this.#file.settled();
    await this.#context.tracks.close();
  }

  #listed({ response, name, source, group, path }: Entry): LibraryResponse {
    const known = this.#kept.known[path];
    return { response, name, source, group, isFavourite: this.#kept.favourites.includes(keyOf(response)), facts: known?.facts ?? null, fault: known?.fault ?? null };
  }

  async #scan(): Promise<{ entries: Entry[]; folders: ResponseLibrary['folders'] }> {
    const bundled = await Promise.all(
      (await bundledResponses()).map(async ({ id, name, kind }): Promise<Entry> => ({ response: { id }, name, source: 'bundled', group: kind, path: (await bundledResponse(id)).path })),
    );
    const imported = (await filesIn(this.#context.folder, 0)) ?? [];
    const entries = [...bundled, ...wholes(imported).map((path): Entry => ({ response: { path }, name: responseName(path), source: 'imported', group: 'Imported', path }))];
    const folders: ResponseLibrary['folders'] = [];
    for (const folder of this.#kept.folders) {
      const found = await filesIn(folder, mostDepth);
      folders.push({ path: folder, fault: found === null ? 'It cannot be read: it may have been moved, or its disk is not connected.' : found.length >= mostFiles ? `It holds more than ${mostFiles} sounds; the rest is left out.` : null });
      for (const path of wholes(found ?? [])) {
        entries.push({ response: { path }, name: responseName(path), source: 'folder', group: join(basename(folder), relative(folder, dirname(path))), path });
      }
    }
    entries.sort((a, b) => a.group.localeCompare(b.group) || a.name.localeCompare(b.name));
    return { entries, folders };
  }

  #lookAt(entries: readonly Entry[]): void {
    this.#looking ??= this.#look(entries).catch(() => undefined).finally(() => {
      this.#looking = null;
    });
  }

  async #look(entries: readonly Entry[]): Promise<void> {
    const found: Record<string, Known> = {};
    for (const { response, path } of entries) {
      const file = await stat(path).catch(() => null);
      const known = this.#kept.known[path];
      if (this.#isClosed) {
        break;
      }
      if (file !== null && (known?.size !== file.size || known.mtimeMs !== file.mtimeMs)) {
        found[path] = { size: file.size, mtimeMs: file.mtimeMs, ...(await this.#factsOf(response)) };
      }
    }
    if (Object.keys(found).length > 0) {
      const there = new Set(entries.map(({ path }) => path));
      const kept = Object.entries(this.#kept.known).filter(([path]) => there.has(path));
      await this.#keep({ known: { ...Object.fromEntries(kept), ...found } });
      this.#context.onChange();
    }
  }

  async #factsOf(response: ResponseRef): Promise<Pick<Known, 'facts' | 'fault'>> {
    try {
      const { channels, rate, seconds, decay } = await this.describe(response, plainResponse);
      const middle = decay.filter(({ hz }) => hz === 500 || hz === 1000).flatMap(({ seconds: fall }) => fall ?? []);
      const decaySeconds = middle.length === 0 ? null : middle.reduce((sum, fall) => sum + fall, 0) / middle.length;
      return { facts: { channels, rate, seconds, decaySeconds }, fault: null };
    } catch (error) {
      if (error instanceof StemwrightError && error.code === 'input') {
        return { facts: null, fault: error.message };
      }
      throw error;
    }
  }

  async #copy(files: readonly string[]): Promise<string> {
    const { folder } = this.#context;
    try {
      await mkdir(folder, { recursive: true });
      const there = new Set(await readdir(folder));
      for (let copy = 1; ; copy++) {
        const names = files.map((file) => copyName(file, copy));
        if (names.some((name) => there.has(name))) {
          continue;
        }
        const temporary = names.map(() => join(folder, `.${randomUUID()}.tmp`));
        try {
          await Promise.all(files.map((file, index) => copyFile(file, temporary[index] ?? '', constants.COPYFILE_FICLONE)));
          await Promise.all(temporary.map((path, index) => rename(path, join(folder, names[index] ?? ''))));
        } finally {
          await Promise.all(temporary.map((path) => rm(path, { force: true })));
        }
        await syncFolder(folder);
        return join(folder, names[0] ?? '');
      }
    } catch (error) {
      throw fromWriteError(error, folder);
    }
  }

  async #keep(change: Partial<LibraryFile>): Promise<void> {
    this.#kept = { ...this.#kept, ...change };
    await this.#file.save(this.#kept);
  }
}

function keyOf(response: ResponseRef): string {
  return 'id' in response ? response.id : response.path;
}

/** As it is compared: without case and accents. */
function plain(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

/** Sounds in a folder and those below it, as far as they go; null when it cannot be read. */
async function filesIn(folder: string, depth: number): Promise<string[] | null> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => null);
  if (entries === null) {
    return null;
  }
  const files = entries.filter((entry) => entry.isFile() && isSoundFile(entry.name)).map(({ name }) => join(folder, name));
  for (const entry of depth === 0 ? [] : entries.filter((one) => one.isDirectory() && !one.name.startsWith('.'))) {
    if (files.length >= mostFiles) {
      break;
    }
    files.push(...((await filesIn(join(folder, entry.name), depth - 1)) ?? []));
  }
  return files.slice(0, mostFiles);
}

/** Without the right halves of pairs. */
function wholes(files: readonly string[]): string[] {
  const there = new Set(files);
  return files.filter((path) => {
    const found = sideOf(path);
    return found?.side !== 'right' || !there.has(join(dirname(path), found.otherName));
  });
}

/** Each response's files; the halves of a pair may lie in different folders. */
async function grouped(paths: readonly string[]): Promise<string[][]> {
  const left = new Set(paths.filter((path) => isAbsolute(path)));
  const groups: string[][] = [];
  for (const path of left) {
    const found = sideOf(path);
    const given = [...left].find((other) => other !== path && basename(other) === found?.otherName);
    const files = given === undefined ? await pairOf(path) : found?.side === 'left' ? [path, given] : [given, path];
    files.forEach((file) => left.delete(file));
    groups.push(files);
    await inspectResponse(files);
  }
  return groups;
}

/** The file's name, or with a number before the side it stands for. */
function copyName(file: string, copy: number): string {
  const ending = extname(file);
  const name = basename(file, ending);
  if (copy === 1) {
    return `${name}${ending}`;
  }
  const start = sideOf(file)?.name ?? name;
  return `${start} (${copy})${name.slice(start.length)}${ending}`;
}
