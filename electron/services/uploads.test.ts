import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Uploads } from './uploads.ts';

let folder: string;
let uploads: Uploads;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-uploads-'));
  uploads = new Uploads(folder);
});
afterEach(() => rm(folder, { recursive: true }));

async function* chunks(...texts: string[]) {
  await Promise.resolve();
  for (const text of texts) {
    yield Buffer.from(text);
  }
}

it('a file arrives whole, under its own name', async () => {
  const path = await uploads.receive('Café 1.mp3', chunks('one ', 'two'), 100);
  expect(basename(path)).toBe('Café 1.mp3');
  expect(await readFile(path, 'utf8')).toBe('one two');
});

it('knows its own from others', async () => {
  expect(uploads.holds(await uploads.receive('a.mp3', chunks('x'), 100))).toBe(true);
  for (const other of ['/music/a.mp3', join(folder, 'uploads'), join(folder, 'uploads', 'a.mp3'), join(folder, 'uploads', 'x', '..', '..', 'a', 'b.mp3')]) {
    expect(uploads.holds(other), other).toBe(false);
  }
});

it.each(['../../evil.mp3', '/etc/evil.mp3', 'C:\\evil.mp3', '..', '', '.', 'a\0b'])('a name leads nowhere else: %j', async (name) => {
  const path = await uploads.receive(name, chunks('x'), 100);
  expect(dirname(dirname(path))).toBe(join(folder, 'uploads'));
});

it('what is too long or breaks off leaves nothing', async () => {
  await expect(uploads.receive('a', chunks('12345', '67890'), 9)).rejects.toMatchObject({ code: 'usage' });
  const broken = async function* () {
    yield* chunks('12345');
    throw new Error('gone');
  };
  await expect(uploads.receive('a', broken(), 100)).rejects.toThrow('gone');
  expect(await readdir(join(folder, 'uploads'))).toEqual([]);
});

it('only its own files are released, and a sweep keeps what is wanted', async () => {
  const [first, second] = [await uploads.receive('a', chunks('x'), 9), await uploads.receive('b', chunks('x'), 9)];
  const other = join(folder, 'song.mp3');
  await writeFile(other, 'x');
  await uploads.release(other);
  await uploads.release(join(folder, 'uploads', 'x', '..', '..', 'song.mp3'));
  expect(await readdir(folder)).toContain('song.mp3');
  await uploads.sweep([second, other]);
  expect(await readdir(join(folder, 'uploads'))).toEqual([basename(dirname(second))]);
  await uploads.release(first);
  await uploads.release(second);
  expect(await readdir(join(folder, 'uploads'))).toEqual([]);
});
