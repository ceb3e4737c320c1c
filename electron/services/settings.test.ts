import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultQueueOptions } from '../contract/queue.ts';
import { defaultSettings } from '../contract/settings.ts';
import { NamedStore, SettingsStore, StoredPreset } from './settings.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-settings-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('settings are defaults until changed, and stay changed', async () => {
  const path = join(folder, 'settings.json');
  const store = await SettingsStore.open(path);
  expect(store.get()).toEqual(defaultSettings);
  await store.set({ theme: 'light', threads: 3, exportFolder: undefined });
  expect((await SettingsStore.open(path)).get()).toEqual({ ...defaultSettings, theme: 'light', threads: 3 });
});

it('a field that is wrong, unknown or missing costs that field only', async () => {
  const path = join(folder, 'settings.json');
  await writeFile(path, JSON.stringify({ theme: 'pink', threads: 2, fromTheFuture: true }));
  expect((await SettingsStore.open(path)).get()).toEqual({ ...defaultSettings, threads: 2 });
});

it('options from before precision and group norm were a choice are those that were used then', async () => {
  const { precision, groupNorm, ...before } = { ...defaultQueueOptions, overlap: 0.5 };
  const lastOptions = { ...before, precision, groupNorm };
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ lastOptions: before }));
  expect((await SettingsStore.open(join(folder, 'settings.json'))).get().lastOptions).toEqual(lastOptions);
  await writeFile(join(folder, 'presets.json'), JSON.stringify([{ name: 'Old', options: before, format: null, folder: null }]));
  expect((await NamedStore.open(join(folder, 'presets.json'), StoredPreset)).list()).toMatchObject([{ name: 'Old', options: lastOptions }]);
});

it('presets are kept by name, in order', async () => {
  const path = join(folder, 'presets.json');
  const store = await NamedStore.open(path, StoredPreset);
  const preset = (name: string, format: 'flac' | null = null) => ({ name, options: defaultQueueOptions, format, folder: null });
  await store.save(preset('Zeta'));
  await store.save(preset('alpha'));
  await store.save(preset('Zeta', 'flac'));
  expect((await NamedStore.open(path, StoredPreset)).list()).toEqual([preset('alpha'), preset('Zeta', 'flac')]);
  await store.remove('alpha');
  await expect(store.remove('alpha')).rejects.toMatchObject({ code: 'usage' });
  expect((await NamedStore.open(path, StoredPreset)).list()).toHaveLength(1);
});
