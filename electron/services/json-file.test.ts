import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { JsonFile, writeAtomically } from './json-file.ts';

const Document = z.strictObject({ count: z.int() });
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-json-'));
  path = join(folder, 'deep', 'document.json');
});
afterEach(() => rm(folder, { recursive: true }));

it('keeps what was saved last, whatever was asked for at once', async () => {
  const file = new JsonFile(path, Document);
  expect(await file.load()).toBeNull();
  await Promise.all([1, 2, 3, 4].map((count) => file.save({ count })));
  expect(await new JsonFile(path, Document).load()).toEqual({ count: 4 });
  expect(await readdir(join(folder, 'deep'))).toEqual(['document.json']);
});

it.each(['', '{"count": 1', '{"count": "one"}', '[]', '{"count": 1, "more": 2}'])('puts aside what it cannot read: %j', async (text) => {
  const file = new JsonFile(path, Document);
  await file.save({ count: 1 });
  await writeFile(path, text);
  expect(await file.load()).toBeNull();
  expect(await readFile(`${path}.damaged`, 'utf8')).toBe(text);
  await file.save({ count: 2 });
  expect(await file.load()).toEqual({ count: 2 });
});

it('a write that fails says so, leaves nothing behind and does not stop the next', async () => {
  const blocked = join(folder, 'file');
  await writeFile(blocked, '');
  await expect(writeAtomically(join(blocked, 'x.json'), '1')).rejects.toMatchObject({ code: 'output' });
  const file = new JsonFile(join(blocked, 'x.json'), Document);
  await expect(file.save({ count: 1 })).rejects.toMatchObject({ code: 'output' });
  await rm(blocked);
  await file.save({ count: 2 });
  expect(await file.load()).toEqual({ count: 2 });
});
