import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileSource } from '../weights/source.ts';
import { readZip } from '../weights/zip.ts';
import { zip } from './zip.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-zip-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function zipped(files: Record<string, string>): Promise<string> {
  const list = await Promise.all(
    Object.entries(files).map(async ([name, content], index) => {
      const path = join(folder, String(index));
      await writeFile(path, content);
      return { name, path };
    }),
  );
  const path = join(folder, 'all.zip');
  await writeFile(path, zip(list));
  return path;
}

it('holds every file as it is', async () => {
  const files = { 'vocals.wav': 'la'.repeat(100_000), 'naïve 日本.wav': '', 'drums.wav': 'boom' };
  const path = await zipped(files);
  const source = await FileSource.open(path);
  const entries = await readZip(source);
  await source.close();
  const bytes = await readFile(path);
  const found = Object.fromEntries([...entries].map(([name, { offset, byteLength }]) => [name, bytes.subarray(offset, offset + byteLength).toString()]));
  expect(found).toEqual(files);
});

it('bears the check sum that the format wants', async () => {
  const bytes = await readFile(await zipped({ a: '123456789' }));
  expect(bytes.readUInt32LE(14)).toBe(0xcbf4_3926);
});
