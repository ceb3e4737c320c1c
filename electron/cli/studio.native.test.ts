import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, afterAll, expect, it } from 'vitest';
import { noise, writeWave } from '../media/testing.ts';
import { TestClient } from '../shell/browser/testing.ts';
import { writeSmallModel } from '../services/testing.ts';
import { stemwright } from './testing.ts';
import { requests } from '../contract/channels.ts';
import { defaultQueueOptions, type QueueItem } from '../contract/queue.ts';

let folder: string;
let song: string;
const running = new Set<ChildProcess>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-studio-'));
  song = join(folder, 'Café song.wav');
  await writeWave(song, noise(48_000 * 4, 2, 0.1), { rate: 48_000 });
  await writeSmallModel(join(folder, 'tiny.safetensors'));
  await mkdir(join(folder, 'page'));
  await writeFile(join(folder, 'page', 'index.html'), '<!doctype html>');
});
afterEach(() => {
  running.forEach((child) => child.kill('SIGKILL'));
  running.clear();
});
afterAll(() => rm(folder, { recursive: true }));

const options = { ...defaultQueueOptions, model: 'tiny', mode: 'time-only' as const, threads: 2 };

async function start(...args: string[]) {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const env = { ...process.env, INIT_CWD: undefined, STEMWRIGHT_HOME: join(folder, 'home'), STEMWRIGHT_RENDERER: join(folder, 'page') };
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, 'studio', '--no-open', ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const base = new URL(line.replace('The studio is at ', ''));
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  return { child, base, ended, client: await TestClient.open({ base, origin: base.origin }) };
}

async function queue(client: TestClient): Promise<QueueItem[]> {
  const answer = await client.ask('queue.list', null);
  return requests['queue.list'].result.parse(answer.ok ? answer.value : null).items;
}

/** Waits for an event of that name that fits. */
function event(client: TestClient, name: string, fits: (data: never) => boolean): Promise<unknown> {
  return new Promise((resolve) => {
    const listener = (text: Buffer) => {
      const message = JSON.parse(text.toString()) as { event?: string; data?: never };
      if (message.event === name && fits(message.data as never)) {
        client.socket.off('message', listener);
        resolve(message.data);
      }
    };
    client.socket.on('message', listener);
  });
}

const stateIs = (state: string) => ({ items }: { items: QueueItem[] }) => items.at(-1)?.state === state;

it('a song becomes a project that can be heard and exported, and survives a restart', async () => {
  const first = await start(song);
  const { client } = first;
  expect(await queue(client)).toMatchObject([{ path: song, title: 'Café song', state: 'waiting' }]);
  await client.ask('queue.remove', { id: (await queue(client))[0]?.id });
  expect(await client.ask('models.import', { path: join(folder, 'tiny.safetensors'), name: 'tiny' })).toMatchObject({ ok: true });
  expect(await client.ask('queue.plan', { path: song, options })).toMatchObject({ ok: true, value: { media: { seconds: 4, rate: 48_000 }, stems: ['drums', 'bass', 'other', 'vocals'] } });

  const live = event(client, 'progress', ({ live: tracks }: { live: unknown }) => tracks !== null);
  const done = event(client, 'queue', stateIs('done'));
  await client.ask('queue.add', { paths: [song], options });
  await client.ask('queue.start', null);
  expect(await live).toMatchObject({ live: { rate: 44_100, channels: 2, frames: 176_400 } });
  await done;
  const [item] = await queue(client);
  const opened = await client.ask('projects.open', { id: item?.project });
  expect(opened).toMatchObject({ ok: true, value: { title: 'Café song', rate: 48_000, frames: 192_000, missing: [], sourceMissing: false } });
  const { tracks } = requests['projects.open'].result.parse(opened.ok ? opened.value : null);
  for (const { samples, peaks } of tracks) {
    const part = await fetch(new URL(samples, first.base), { headers: { range: 'bytes=0-799' } });
    expect([part.status, (await part.arrayBuffer()).byteLength, part.headers.get('content-range')]).toEqual([206, 800, 'bytes 0-799/1536000']);
    expect(Buffer.from(await (await fetch(new URL(peaks, first.base))).arrayBuffer()).toString('latin1', 0, 4)).toBe('SWPK');
  }
  expect(await client.ask('queue.plan', { path: song, options })).toMatchObject({ value: { predicted: { seconds: expect.any(Number) as number } } });

  const exported = event(client, 'task', ({ state }: { state: string }) => state !== 'running');
  const parts = [{ name: 'drums', inputs: [{ stem: 'drums', gain: 1, pan: 0 }] }, { name: 'instrumental', inputs: ['drums', 'bass', 'other'].map((stem) => ({ stem, gain: 1, pan: 0 })) }];
  await client.ask('projects.export', { project: item?.project, parts, format: 'flac', clipMode: null, dither: 'triangular', rate: 'source', pattern: '{song} - {stem}', folder: null });
  const task = (await exported) as { state: string; download: string };
  expect(task).toMatchObject({ state: 'done', download: expect.stringContaining('downloads/') as string });
  const download = await fetch(new URL(task.download, first.base));
  expect(download.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''Caf%C3%A9%20song.zip");
  const bytes = Buffer.from(await download.arrayBuffer()).toString('utf8');
  expect(bytes).toContain('Café song - drums.flac');
  expect(bytes).toContain('Café song - instrumental.flac');

  first.child.kill('SIGTERM');
  expect(await first.ended).toEqual([0, null]);
  await expect(fetch(first.base)).rejects.toThrow();
  expect(await readdir(join(folder, 'home', 'data', 'projects'))).toEqual(['Café song']);
  expect(await readdir(join(folder, 'home', 'data'))).not.toContain('exports');

  const second = await start();
  expect(await queue(second.client)).toMatchObject([{ state: 'done', project: item?.project }]);
  expect(await second.client.ask('projects.list', null)).toMatchObject({ value: { projects: [{ id: item?.project }], damaged: [] } });
  second.child.kill('SIGINT');
  expect(await second.ended).toEqual([0, null]);
});

it('killed in the middle of a song, it finds the queue again and leaves nothing half', async () => {
  const projects = join(folder, 'home', 'data', 'projects');
  const before = await readdir(projects);
  const first = await start();
  const begun = event(first.client, 'progress', ({ progress }: { progress: { phase: string } }) => progress.phase === 'separate');
  await first.client.ask('queue.add', { paths: [song], options });
  await first.client.ask('queue.start', null);
  await begun;
  first.child.kill('SIGKILL');
  await first.ended;
  expect((await readdir(projects)).some((name) => name.startsWith('.stemwright-'))).toBe(true);

  const second = await start();
  expect(await readdir(projects)).toEqual(before);
  const item = (await queue(second.client)).at(-1);
  expect(item).toMatchObject({ state: 'interrupted', project: null });
  const done = event(second.client, 'queue', stateIs('done'));
  await second.client.ask('queue.retry', { id: item?.id });
  await second.client.ask('queue.start', null);
  await done;
  expect((await readdir(projects)).filter((name) => !name.startsWith('.'))).toEqual([...before, 'Café song (2)']);
  second.child.kill('SIGTERM');
  expect(await second.ended).toEqual([0, null]);
});

/** What a project sounds like: digests of its tracks, by their names. */
async function sound(client: TestClient, base: URL, id: string): Promise<string> {
  const opened = await client.ask('projects.open', { id });
  const { tracks, missing } = requests['projects.open'].result.parse(opened.ok ? opened.value : null);
  expect(missing).toEqual([]);
  const digests = await Promise.all(tracks.map(async ({ samples }) => createHash('sha256').update(Buffer.from(await (await fetch(new URL(samples, base))).arrayBuffer())).digest('hex')));
  return digests.join(' ');
}

/** What runs would go on by itself, and be in the way of looking at what was left. */
async function pauseQueue(): Promise<void> {
  const path = join(folder, 'home', 'data', 'queue.json');
  const saved = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...saved, active: false }));
}

it('killed at any moment, it leaves whole projects and the queue', async () => {
  const setUp = await start();
  const before = (await queue(setUp.client)).length;
  const library = requests['projects.list'].result.parse(((await setUp.client.ask('projects.list', null)) as { value: unknown }).value);
  const [project] = library.projects;
  const id = project?.id ?? '';
  const old = await sound(setUp.client, setUp.base, id);
  await setUp.client.ask('queue.add', { paths: [song], options });
  await setUp.client.ask('projects.redo', { id, start: 40_000, end: 140_000, stems: null, options: { ...options, shifts: 1, seed: 7 } });
  setUp.child.kill('SIGTERM');
  await setUp.ended;

  const states = new Set<string>();
  const sounds = new Set<string>();
  const moments = [0.02, 0.15, 0.3, 0.45, 0.6, 0.8].map((share) => share * (1 + Math.random()));
  for (const moment of moments) {
    const run = await start();
    const items = (await queue(run.client)).slice(before);
    for (const item of items.filter(({ state }) => state === 'interrupted')) {
      await run.client.ask('queue.retry', { id: item.id });
    }
    await run.client.ask('queue.start', null);
    await new Promise((resolve) => setTimeout(resolve, moment * 1000));
    run.child.kill('SIGKILL');
    await run.ended;

    await pauseQueue();
    const next = await start();
    const left = (await queue(next.client)).slice(before);
    expect(left.map(({ path, redo }) => [path.endsWith('.wav'), redo?.project ?? null])).toEqual([[true, null], [false, id]]);
    left.forEach(({ state }) => states.add(state));
    const { projects, damaged } = requests['projects.list'].result.parse(((await next.client.ask('projects.list', null)) as { value: unknown }).value);
    expect(damaged).toEqual([]);
    expect(projects.flatMap(({ missing }) => missing)).toEqual([]);
    expect((await readdir(join(folder, 'home', 'data', 'projects'))).filter((name) => name.startsWith('.'))).toEqual([]);
    sounds.add(await sound(next.client, next.base, id));
    next.child.kill('SIGTERM');
    await next.ended;
  }
  for (const state of states) {
    expect(['waiting', 'interrupted', 'done']).toContain(state);
  }

  const last = await start();
  for (const item of (await queue(last.client)).filter(({ state }) => state === 'interrupted')) {
    await last.client.ask('queue.retry', { id: item.id });
  }
  const done = event(last.client, 'queue', ({ items }: { items: QueueItem[] }) => items.slice(before).every(({ state }) => state === 'done'));
  await last.client.ask('queue.start', null);
  if (!(await queue(last.client)).slice(before).every(({ state }) => state === 'done')) {
    await done;
  }
  // The old sound or the new one, and nothing between.
  sounds.delete(old);
  const now = await sound(last.client, last.base, id);
  sounds.delete(now);
  expect([...sounds]).toEqual([]);
  expect(now).not.toBe(old);
  await last.client.ask('projects.undo', { id });
  expect(await sound(last.client, last.base, id)).toBe(old);
  last.child.kill('SIGTERM');
  await last.ended;
}, 240_000);

it('two of them do not share a data folder', async () => {
  const first = await start();
  const env = { STEMWRIGHT_HOME: join(folder, 'home'), STEMWRIGHT_RENDERER: join(folder, 'page') };
  expect(await stemwright(['studio', '--no-open'], { env })).toMatchObject({ code: 2, stderr: expect.stringContaining('open already') as string });
  first.child.kill('SIGTERM');
  await first.ended;
});
