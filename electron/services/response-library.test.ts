import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { plainResponse } from '../contract/effects.ts';
import { fakeNative } from '../engine/testing.ts';
import { floats, wave } from '../media/testing.ts';
import { pairOf, responseName, sideOf } from './response-files.ts';
import type { ResponseStore } from './response-library.ts';
import { openTestResponses } from './testing-responses.ts';

let folder: string;
let mine: string;
let changes: number;
let store: ResponseStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-responses-'));
  mine = join(folder, 'Halls');
  await mkdir(join(mine, 'Stone'), { recursive: true });
  changes = 0;
  store = await open();
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

function open(): Promise<ResponseStore> {
  return openTestResponses(folder, fakeNative(), () => changes++);
}

async function sound(name: string, channels = 1, frames = 100, value = 0.5): Promise<string> {
  const path = join(mine, name);
  await writeFile(path, wave(floats(frames, channels, (frame, channel) => value * (channel + 1) * (frame === 0 ? 1 : 0)), { channels, rate: 48_000 }));
  return path;
}

async function names(search = '', isFavourite = false): Promise<string[]> {
  return (await store.list({ search, isFavourite })).responses.map(({ name }) => name);
}

it.each([
  ['/a/hall_L.wav', 'left', 'hall', 'hall_R.wav'],
  ['/a/hall-r.flac', 'right', 'hall', 'hall-l.flac'],
  ['/a/Big Hall (Left).wav', 'left', 'Big Hall', 'Big Hall (Right).wav'],
  ['/a/x.LEFT.aif', 'left', 'x', 'x.RIGHT.aif'],
])('%s is the %s half of %s', (path, side, name, otherName) => {
  expect(sideOf(path)).toEqual({ side, name, otherName });
  expect(responseName(path)).toBe(name);
});

it('a name that only looks like a half is whole', async () => {
  expect(sideOf('/a/waterfall.wav')).toBeNull();
  expect(sideOf('/a/L.wav')).toBeNull();
  expect(await pairOf(await sound('alone_L.wav'))).toHaveLength(1);
});

it('lists what is bundled, imported and in folders, with pairs as one, and finds by words in any case', async () => {
  await sound('Stone/Crypt_L.wav');
  await sound('Stone/Crypt_R.wav');
  await sound('Église.wav');
  await writeFile(join(mine, 'notes.txt'), 'no sound');
  const bundled = (await names()).length;
  expect(bundled).toBe(5);
  await store.addFolder(mine);
  expect(await names('crypt')).toEqual(['Crypt']);
  expect(await names('stone CR')).toEqual(['Crypt']);
  expect(await names('eglise')).toEqual(['Église']);
  expect(await names()).toHaveLength(bundled + 2);
  await store.setFavourite({ path: join(mine, 'Stone/Crypt_L.wav') }, true);
  await store.setFavourite({ id: 'hall' }, true);
  await store.close();
  store = await open();
  expect(await names('', true)).toEqual(['Concert hall', 'Crypt'].sort());
  await store.removeFolder(mine);
  expect(await names()).toHaveLength(bundled);
});

it('what is new is looked at once, and what cannot be used says why', async () => {
  await sound('good.wav', 2);
  await sound('three.wav', 3);
  await writeFile(join(mine, 'noise.wav'), Buffer.alloc(5000, 7));
  await store.addFolder(mine);
  await vi.waitFor(async () => {
    const { responses } = await store.list({ search: 'halls', isFavourite: false });
    expect(responses.find(({ name }) => name === 'good')?.facts).toMatchObject({ channels: 2, rate: 48_000, decaySeconds: 1.5 });
  }, 10_000);
  const { responses } = await store.list({ search: 'halls', isFavourite: false });
  expect(responses.map(({ fault }) => fault)).toEqual([null, expect.stringContaining('noise.wav'), expect.stringContaining('3 channels')]);
  await store.close();
  store = await open();
  expect((await store.list({ search: 'good', isFavourite: false })).responses[0]?.facts).not.toBeNull();
});

it('halves become one response, channel by channel', async () => {
  await sound('true_L.wav', 2, 100, 0.125);
  const right = await sound('true_R.wav', 2, 60, 0.375);
  const track = await store.track({ path: right }, null);
  expect(track).toMatchObject({ channels: 4, rate: 48_000, frames: 100 });
  expect(await store.describe({ path: right }, plainResponse)).toMatchObject({ name: 'true', channels: 4, files: [join(mine, 'true_L.wav'), right] });
  await sound('odd_L.wav', 2);
  await expect(store.track({ path: await sound('odd_R.wav', 1) }, null)).rejects.toMatchObject({ code: 'input', message: expect.stringContaining('the halves') as string });
});

it('imports all or nothing, keeps both of a name, and removes only what it imported', async () => {
  const good = await sound('same.wav');
  const bad = await sound('five.wav', 5);
  await expect(store.import([good, bad])).rejects.toMatchObject({ code: 'input' });
  expect(await names('imported')).toEqual([]);
  const [first] = await store.import([good]);
  await sound('Hall_L.wav');
  await store.import([good, await sound('Hall_R.wav')]);
  expect(await names('imported')).toEqual(['Hall', 'same', 'same (2)']);
  const own = join(folder, '.responses', 'imported');
  expect((await readdir(own)).sort()).toEqual(['Hall_L.wav', 'Hall_R.wav', 'same (2).wav', 'same.wav']);
  await expect(store.remove({ path: good })).rejects.toMatchObject({ code: 'usage' });
  await store.remove(first ?? { id: '' });
  expect(await names('imported')).toEqual(['Hall', 'same (2)']);
  expect(changes).toBeGreaterThan(0);
});

it('files that are no response are refused in plain words', async () => {
  await writeFile(join(mine, 'list.wav'), '#EXTM3U\n/etc/passwd\n');
  await expect(store.track({ path: join(mine, 'list.wav') }, null)).rejects.toMatchObject({ code: 'input' });
  await expect(store.track({ path: mine }, null)).rejects.toMatchObject({ code: 'input', message: expect.stringContaining('a folder') as string });
  await expect(store.addFolder(join(mine, 'none'))).rejects.toMatchObject({ code: 'input' });
});
