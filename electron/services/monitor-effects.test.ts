import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import type { MonitorState } from '../contract/monitor.ts';
import type { NativeTailGpu } from '../engine/native-sound.ts';
import { fakeMonitor, type FakeMonitor } from '../engine/testing-monitor.ts';
import { fakeNative } from '../engine/testing.ts';
import { Monitor } from './monitor.ts';
import { playableProject } from './playable-song.ts';
import { ProjectLibrary } from './projects.ts';
import type { ResponseStore } from './response-library.ts';
import { limiter, openTestResponses, reverb } from './testing-responses.ts';
import { writeProject } from './testing-studio.ts';

const strip = { gain: 1, pan: 0, isMuted: false, isSolo: false };
const gain = { kind: 'gain', isBypassed: false, gainDb: 6 } as const;
const wave = join(import.meta.dirname, '../../assets/irs/room.flac');
let folder: string;
let project: string;
let other: string;
let library: ProjectLibrary;
let responses: ResponseStore;
let card: FakeMonitor;
let monitor: Monitor;
const tailDevice = vi.fn<() => Promise<NativeTailGpu | string>>();

function openMonitor(): Monitor {
  const ignore = (): void => undefined;
  return new Monitor({
    ...{ responses, tailDevice, find: async (id: string) => playableProject(await library.find(id)), onState: ignore, onDevices: ignore, isHeeded: () => false, onMeters: ignore, onTransport: ignore },
    native: {
      ...fakeNative(),
      openMonitor: () => {
        card = fakeMonitor({ device: 'Card', isSilent: false, rate: 44_100, blockFrames: 0, inputs: 1 });
        return Promise.resolve(card.monitor);
      },
    },
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-effects-'));
  [project, other] = [await writeProject(folder, 'Song'), await writeProject(folder, 'Other')];
  library = new ProjectLibrary(folder);
  responses = await openTestResponses(folder, fakeNative());
  monitor = openMonitor();
  await monitor.open({ device: null, rate: null, blockFrames: null, inputs: 1 });
});

afterEach(async () => {
  await monitor.close();
  await responses.close();
  await rm(folder, { recursive: true });
});

function load(id = project, names = ['drums', 'lead vocals'], position: number | null = 0): Promise<MonitorState> {
  return monitor.load({ project: id, tracks: names.map((name) => ({ kind: 'stem', name, strip })), position });
}

async function restart(): Promise<void> {
  await monitor.close();
  monitor = openMonitor();
  await monitor.open({ device: null, rate: null, blockFrames: null, inputs: 1 });
}

function told(name: string): unknown[][] {
  return card.calls.flatMap(([call, ...args]) => (call === name ? [args] : []));
}

it('saving waits for what is being written already', async () => {
  await load();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  await monitor.setEffect({ strip: 0, slot: 0 }, gain);
  vi.runOnlyPendingTimers();
  await monitor.saveEffects();
  expect(await readFile(join((await library.find(project)).folder, 'effects.json'), 'utf8')).toContain('"gainDb": 6');
});

it('effects are kept with their project, by the names of its tracks', async () => {
  await load();
  expect(await monitor.setEffect({ strip: 1, slot: 2 }, gain)).toMatchObject({ effect: gain, latencyFrames: 64, reverb: null, fault: null });
  await monitor.setEffect({ strip: 'master', slot: 7 }, limiter);
  await monitor.setEffect({ strip: 'send', slot: 0 }, gain);
  await monitor.setSend({ strip: 1, gain: 0.5 });
  await monitor.setEffect({ strip: 'input', slot: 0 }, gain);
  await restart();
  expect(monitor.state?.effects).toEqual([]);
  const state = await load(project, ['lead vocals']);
  const places = state.effects.map(({ place }) => place);
  expect(places).toEqual([{ strip: 0, slot: 2 }, { strip: 'send', slot: 0 }, { strip: 'master', slot: 7 }]);
  expect(state.sends).toEqual([{ strip: 0, gain: 0.5 }]);
  // They are there before the first sound.
  expect(told('load')[0]).toMatchObject([{ effects: [{ place: { strip: 0, slot: 2 }, effect: { kind: 'gain', gain: 10 ** 0.3 } }] }]);
  expect(told('setSend')).toEqual([[0, 0.5]]);
});

it('those of another project are taken out, and come back with theirs', async () => {
  await load();
  await monitor.setEffect({ strip: 0, slot: 0 }, gain);
  await monitor.setEffect({ strip: 'master', slot: 0 }, limiter);
  await monitor.setEffect({ strip: 'input', slot: 0 }, gain);
  expect((await load(other)).effects.map(({ place }) => place.strip)).toEqual(['input']);
  expect(told('removeEffect')).toContainEqual([{ strip: 'master', slot: 0 }]);
  expect((await load()).effects.map(({ place }) => place.strip)).toEqual(['input', 0, 'master']);
});

it('what was set without a project goes with the first that has none of its own', async () => {
  await monitor.setEffect({ strip: 'master', slot: 0 }, limiter);
  expect((await load()).effects).toHaveLength(1);
  await restart();
  expect((await load()).effects).toHaveLength(1);
});

it('another device gets all of them', async () => {
  await load();
  await monitor.setEffect({ strip: 0, slot: 0 }, gain);
  await monitor.setEffect({ strip: 'input', slot: 1 }, gain);
  Object.assign(card.meters, { isDeviceRunning: false });
  const before = card;
  await vi.waitFor(() => {
    expect(card).not.toBe(before);
    expect(told('setEffect').map(([place]) => place)).toEqual(expect.arrayContaining([{ strip: 'input', slot: 1 }, { strip: 0, slot: 0 }]));
  }, 10_000);
});

it('a bypassed effect is out of the chain, and still there', async () => {
  await monitor.setEffect({ strip: 'master', slot: 0 }, gain);
  expect(await monitor.setEffect({ strip: 'master', slot: 0 }, { ...gain, isBypassed: true })).toMatchObject({ latencyFrames: 0 });
  expect(card.calls.at(-1)).toEqual(['removeEffect', { strip: 'master', slot: 0 }]);
  expect(monitor.state?.effects).toHaveLength(1);
});

it('effects move within their chain', async () => {
  for (const [slot, gainDb] of [1, 2, 3].entries()) {
    await monitor.setEffect({ strip: 'master', slot }, { ...gain, gainDb });
  }
  await monitor.moveEffect({ strip: 'master', slot: 0 }, 2);
  expect(monitor.state?.effects.map(({ effect }) => effect.kind === 'gain' && effect.gainDb)).toEqual([2, 3, 1]);
  await expect(monitor.setEffect({ strip: 3, slot: 0 }, gain)).rejects.toMatchObject({ code: 'usage' });
});

it('a live tail goes to the GPU as the settings have it, also with its song, and says why where it cannot', async () => {
  const gpu = { device: 'vulkan:1', cacheFolder: '/gpu' };
  tailDevice.mockResolvedValue(gpu);
  await load();
  await monitor.setEffect({ strip: 0, slot: 0 }, { ...reverb, isThreaded: true, backend: 'gpu' });
  expect(told('setEffect').at(-1)).toMatchObject([{ strip: 0, slot: 0 }, { kind: 'reverb', gpu }]);
  await restart();
  await load();
  expect(told('load')[0]).toMatchObject([{ effects: [{ effect: { gpu } }] }]);
  tailDevice.mockResolvedValue('there is no driver');
  const placed = await monitor.setEffect({ strip: 0, slot: 0 }, { ...reverb, isThreaded: true, backend: 'gpu' });
  expect(placed?.reverb?.gpu).toMatchObject({ device: '', fault: 'there is no driver' });
  expect(told('setEffect').at(-1)).not.toMatchObject([{}, { gpu }]);
  expect((await monitor.setEffect({ strip: 0, slot: 0 }, reverb))?.reverb?.gpu).toBeNull();
});

it('a tail whose GPU went away is given to it again after a while, if there is one', async () => {
  const gpu = { device: 'vulkan:1', cacheFolder: '/gpu' };
  const place = { strip: 'master', slot: 0 } as const;
  tailDevice.mockResolvedValue(gpu);
  await monitor.close();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  await monitor.open({ device: null, rate: null, blockFrames: null, inputs: 1 });
  await monitor.setEffect(place, { ...reverb, isThreaded: true, backend: 'gpu' });
  const count = () => told('setEffect').length;
  const before = count();
  const lose = (isGpuLost: boolean): void => {
    card.meters.effects = [{ place, reductionDb: 0, missedBlocks: 0, gpuBlocks: 1, lateGpuBlocks: 0, isGpuLost }];
  };
  lose(true);
  tailDevice.mockResolvedValue('the GPU that was chosen is not here');
  await vi.advanceTimersByTimeAsync(31_000);
  await monitor.saveEffects();
  expect(count()).toBe(before);
  tailDevice.mockResolvedValue(gpu);
  await vi.advanceTimersByTimeAsync(31_000);
  await monitor.saveEffects();
  expect(count()).toBe(before + 1);
  expect(told('setEffect').at(-1)).toMatchObject([place, { kind: 'reverb', gpu }]);
  // It goes away again at once: longer.
  await vi.advanceTimersByTimeAsync(50_000);
  await monitor.saveEffects();
  expect(count()).toBe(before + 1);
  await vi.advanceTimersByTimeAsync(15_000);
  await monitor.saveEffects();
  expect(count()).toBe(before + 2);
  lose(false);
  await vi.advanceTimersByTimeAsync(300_000);
  await monitor.saveEffects();
  expect(count()).toBe(before + 2);
});

it('says when effects cannot be kept', async () => {
  await load();
  await mkdir(join((await library.find(project)).folder, 'effects.json'));
  await monitor.setEffect({ strip: 0, slot: 0 }, gain);
  await vi.waitFor(() => {
    expect(monitor.state?.notice).toContain('could not be kept');
  }, 10_000);
});

it('lets a device go and opens another though effects cannot be kept, and says so', async () => {
  await load();
  await mkdir(join((await library.find(project)).folder, 'effects.json'));
  await monitor.setEffect({ strip: 0, slot: 0 }, gain);
  const first = card;
  const state = await monitor.open({ device: null, rate: null, blockFrames: null, inputs: 1 });
  expect(state.notice).toContain('could not be kept');
  expect(first.calls.at(-1)).toEqual(['close']);
  await load();
  await monitor.setEffect({ strip: 0, slot: 0 }, gain);
  await expect(monitor.close()).rejects.toMatchObject({ code: 'output', message: expect.stringContaining('could not be kept') as string });
  expect(monitor.state).toBeNull();
});

it('an effect that was overtaken while it waited is left out', async () => {
  const answers = await Promise.all([1, 2, 3].map((gainDb) => monitor.setEffect({ strip: 'master', slot: 0 }, { ...gain, gainDb })));
  expect(answers).toMatchObject([null, null, { effect: { gainDb: 3 } }]);
  expect(told('setEffect')).toHaveLength(1);
  await monitor.setEffect({ strip: 'master', slot: 0 }, gain);
  expect(told('setEffect')).toHaveLength(2);
});

it('a preset whose response is gone is put there without it, and says so', async () => {
  const { effects } = await monitor.setChain('master', [gain, { ...reverb, response: { path: '/music/none.wav' } }, limiter]);
  expect(effects).toMatchObject([{ effect: gain, fault: null }, { effect: { kind: 'reverb' }, fault: expect.stringContaining('none.wav') as string }, { effect: limiter, fault: null }]);
});

it('a reverb tells of itself, and its response is looked for where it was moved to', async () => {
  await mkdir(join(folder, '.mine'));
  const [first, second] = ['hall.flac', 'moved.flac'].map((name) => join(folder, '.mine', name)) as [string, string];
  await writeFile(first, await readFile(wave));
  await load();
  const effect = { ...reverb, response: { path: first } };
  const placed = await monitor.setEffect({ strip: 0, slot: 0 }, effect);
  expect(placed).toMatchObject({ latencyFrames: 64, reverb: { name: 'hall', channels: 2, seconds: 1, blockSize: 512, prepareSeconds: 0.02, dryDb: null, load: 0.1 } });
  await expect(monitor.setEffect({ strip: 0, slot: 0 }, { ...reverb, response: { path: second } })).rejects.toMatchObject({ code: 'input' });
  expect(monitor.state?.effects[0]?.effect).toEqual(effect);

  await restart();
  await rename(first, second);
  expect((await load()).effects).toMatchObject([{ effect, fault: expect.stringContaining('hall.flac is missing') as string, reverb: null }]);
  // What is written down meanwhile does not make it unknown.
  await monitor.setEffect({ strip: 0, slot: 5 }, gain);
  await restart();
  expect((await load()).effects[0]).toMatchObject({ fault: expect.stringContaining('hall.flac is missing') as string });
  await monitor.findResponses();
  expect(monitor.state?.effects[0]?.fault).not.toBeNull();
  await responses.addFolder(join(folder, '.mine'));
  await monitor.findResponses();
  expect(monitor.state?.effects[0]).toMatchObject({ effect: { response: { path: second } }, fault: null, reverb: { name: 'moved' } });
  expect(told('setEffect').at(-1)).toMatchObject([{ strip: 0, slot: 0 }, { kind: 'reverb' }]);
  await restart();
  expect((await load()).effects[0]).toMatchObject({ effect: { response: { path: second } }, fault: null });
});
