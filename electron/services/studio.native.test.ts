import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requests, type Args, type Channel, type Result } from '../contract/channels.ts';
import type { Project } from '../contract/project.ts';
import { defaultQueueOptions, type ItemProgress, type QueueItem } from '../contract/queue.ts';
import { loadNative } from '../engine/load.ts';
import { probe } from '../media/probe.ts';
import { decode } from '../media/decode.ts';
import { ffmpeg, noise, tone, writeWave } from '../media/testing.ts';
import { addressSegments } from './addresses.ts';
import { Studio } from './studio.ts';
import { writeSmallModel } from './testing.ts';

const [rate, frames] = [48_000, 48_000 * 6];
const options = { ...defaultQueueOptions, model: 'tiny', mode: 'time-only' as const, threads: 2 };
let folder: string;
let studio: Studio;
let song: string;
let project: Project;
let live: ItemProgress['live'] = null;
const native = loadNative();
/** Programs that the engine started. */
const programs = new Set<string>();
const startProgram: typeof native.startProgram = (program, args) => {
  programs.add(program);
  if (native.startProgram === null) throw new Error('the engine starts no programs on this system');
  return native.startProgram(program, args);
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-studio-'));
  song = join(folder, 'song.wav');
  await writeWave(song, noise(frames, 2, 0.1), { rate });
  studio = await Studio.open({
    folders: { data: join(folder, 'data'), config: join(folder, 'config') },
    system: { shell: 'browser', log: () => undefined },
    native: { ...native, startProgram: native.startProgram && startProgram },
  });
  for (const [name, seed] of [['tiny', 1], ['other', 2]] as const) {
    await writeSmallModel(join(folder, `${name}.safetensors`), { seed });
    await ask('models.import', { path: join(folder, `${name}.safetensors`), name });
  }
  studio.listen((event, data) => {
    if (event === 'progress') {
      live = (data as ItemProgress).live ?? live;
    }
  });
  await ask('queue.add', { paths: [song], options });
  const { project: id } = await finished();
  project = await ask('projects.open', { id: id ?? '' });
});
afterAll(async () => {
  await studio.close();
  await rm(folder, { recursive: true });
});

async function ask<C extends Channel>(channel: C, args: Args<C>): Promise<Result<C>> {
  const answer = await studio.answer(channel, args);
  if (!answer.ok) {
    throw new Error(`${channel}: ${answer.message}`);
  }
  return requests[channel].result.parse(answer.value) as Result<C>;
}

/** Works through the queue. @return its last item */
async function finished(): Promise<QueueItem> {
  const ended = new Promise<QueueItem>((resolve) => {
    const stop = studio.listen((event, data) => {
      const items = event === 'queue' ? (data as Result<'queue.list'>).items : [];
      const last = items.at(-1);
      if (last !== undefined && !['waiting', 'running'].includes(last.state)) {
        stop();
        resolve(last);
      }
    });
  });
  await ask('queue.start', null);
  return ended;
}

async function bytesAt(address: string): Promise<Buffer> {
  const content = await studio.content(addressSegments(address) ?? []);
  if (content === null || content.kind === 'files') {
    throw new Error(`nothing at ${address}`);
  }
  return content.kind === 'file' ? readFile(content.path) : Buffer.from(content.bytes);
}

function floats(bytes: Buffer): Float32Array {
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

async function track(name: string): Promise<Float32Array> {
  return floats(await bytesAt(project.tracks.find((candidate) => candidate.name === name)?.samples ?? ''));
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return bytes(a).equals(bytes(b));
}

async function areNow(names: string[], expected: Float32Array[]): Promise<boolean> {
  const now = await Promise.all(names.map(track));
  return now.every((values, index) => isSame(values, expected[index] ?? new Float32Array()));
}

const rms = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

it('tools are started without a copy of a process that plays', () => {
  expect([...programs].sort()).toEqual(process.platform === 'linux' ? ['ffmpeg', 'ffprobe'] : []);
});

it('tracks of a song in work begin with the song, and last beyond its end', async () => {
  expect(live?.tracks.map(({ name }) => name)).toEqual(['original', ...project.stems]);
  expect(live?.rate).toBe(44_100);
  for (const { samples, peaks } of live?.tracks ?? []) {
    expect(await bytesAt(samples)).toHaveLength((live?.frames ?? 0) * 8);
    expect((await bytesAt(peaks)).subarray(0, 4).toString()).toBe('SWPK');
  }
});

it('the residual is what no stem has', async () => {
  const [original, residual, ...stems] = await Promise.all(['original', 'residual', ...project.stems].map(track));
  const worst = original?.reduce((most, value, i) => Math.max(most, Math.abs(value - stems.reduce((sum, stem) => sum + (stem[i] ?? 0), residual?.[i] ?? 0))), 0);
  expect(worst).toBeLessThan(1e-5);
  expect(20 * Math.log10(rms(residual ?? new Float32Array()))).toBeCloseTo(project.report.nullDepthDb ?? 0, 1);
});

it('spectra have their tiles', async () => {
  const { spectrum } = project.tracks[0] ?? { spectrum: '' };
  expect(await bytesAt(`${spectrum}/0/0`)).toHaveLength(65_536);
  expect(new Set(await bytesAt(`${spectrum}/0/2`)).size).toBeGreaterThan(20);
  await expect(bytesAt(`${spectrum}/0/3`)).rejects.toThrow('nothing');
});

it('what a song takes is foretold', async () => {
  const plan = await ask('queue.plan', { path: song, options });
  expect(plan).toMatchObject({ segmentSeconds: 0.25, isSegmentLimited: false, predicted: { seconds: expect.any(Number) as number } });
  expect(plan.predicted.memoryBytes).toBeGreaterThan(1e6);
  const long = { ...options, segmentSeconds: 100 };
  await ask('settings.set', { memoryBudgetBytes: 2 ** 28 });
  const limited = await ask('queue.plan', { path: song, options: long });
  await ask('settings.set', { memoryBudgetBytes: null });
  expect(limited.isSegmentLimited).toBe(true);
  expect(limited.segmentSeconds).toBeLessThan(100);
  expect(limited.predicted.memoryBytes).toBeLessThanOrEqual(2 ** 28);
});

it('what has not run is measured', async () => {
  const more = new Promise<void>((resolve) => {
    const stop = studio.listen((event) => {
      if (event === 'plans') {
        stop();
        resolve();
      }
    });
  });
  const unknown = { ...options, model: 'other', mode: 'full' as const };
  expect((await ask('queue.plan', { path: song, options: unknown })).predicted.seconds).toBeNull();
  await more;
  expect((await ask('queue.plan', { path: song, options: unknown })).predicted.seconds).toBeGreaterThan(0);
});

describe('a part that is done anew', () => {
  const [start, end] = [100_003, 150_001];
  const fade = 960;

  it('replaces its range, with a fade, and comes and goes', async () => {
    const names = [...project.stems, 'residual'];
    const before = await Promise.all(names.map(track));
    await ask('projects.redo', { id: project.id, start, end, stems: ['drums', 'vocals'], options: { ...options, model: 'other', shifts: 2 } });
    const done = await finished();
    expect(done).toMatchObject({ state: 'done', project: project.id, redo: { project: project.id, start, end, stems: ['drums', 'vocals'] } });
    const changed = await ask('projects.open', { id: project.id });
    const after = await Promise.all(names.map(track));
    for (const [index, name] of names.entries()) {
      const [old, now] = [before[index] ?? new Float32Array(), after[index] ?? new Float32Array()];
      const isChanged = ['drums', 'vocals', 'residual'].includes(name);
      expect(isSame(now.subarray(0, 2 * start), old.subarray(0, 2 * start))).toBe(true);
      expect(isSame(now.subarray(2 * end), old.subarray(2 * end))).toBe(true);
      const difference = now.map((value, i) => value - (old[i] ?? 0));
      const middle = rms(difference.subarray(2 * (start + fade), 2 * (end - fade)));
      expect(middle > 0, name).toBe(isChanged);
      // It begins and ends with nothing new.
      expect(rms(difference.subarray(2 * start, 2 * (start + 50)))).toBeLessThan(0.1 * middle + 1e-9);
      expect(rms(difference.subarray(2 * (end - 50), 2 * end))).toBeLessThan(0.1 * middle + 1e-9);
    }
    expect(changed.report.nullDepthDb).not.toBe(project.report.nullDepthDb);
    expect(changed.edits).toMatchObject({ canUndo: true, canReapply: false, list: [{ start, end, model: 'other' }] });

    const undone = await ask('projects.undo', { id: project.id });
    expect(undone).toMatchObject({ report: project.report, edits: { canUndo: false, canReapply: true } });
    expect(await areNow(names, before)).toBe(true);
    const reapplied = await ask('projects.reapply', { id: project.id });
    expect(reapplied.report).toEqual(changed.report);
    expect(await areNow(names, after)).toBe(true);
  });

  it('is what the whole song would have been there', async () => {
    const names = project.stems;
    const expected = await Promise.all(names.map(track));
    // The model and options that made the project.
    await ask('projects.undo', { id: project.id });
    await ask('projects.redo', { id: project.id, start, end, stems: null, options });
    await finished();
    const after = await Promise.all(names.map(track));
    for (const [index, stem] of after.entries()) {
      if (!['drums', 'vocals'].includes(names[index] ?? '')) {
        const error = stem.map((value, i) => value - (expected[index]?.[i] ?? 0));
        expect(rms(error)).toBeLessThan(1e-5);
      }
    }
  });

  it('sums to the song when asked for', async () => {
    await ask('projects.redo', { id: project.id, start, end, stems: ['bass'], options: { ...options, exactSum: true } });
    await finished();
    const residual = await track('residual');
    expect(rms(residual.subarray(2 * (start + fade), 2 * (end - fade)))).toBeLessThan(1e-7);
  });
});

it('a stem becomes a file, and another one when it has changed', async () => {
  const { path } = await ask('projects.stemFile', { id: project.id, stem: 'bass' });
  expect(await probe(path)).toMatchObject({ codec: 'pcm_f32le', rate, channels: 2 });
  const read = async () => floats((await readFile(path)).subarray(-frames * 8));
  expect(isSame(await read(), await track('bass'))).toBe(true);
  await ask('projects.undo', { id: project.id });
  expect(await ask('projects.stemFile', { id: project.id, stem: 'bass' })).toEqual({ path });
  expect(isSame(await read(), await track('bass'))).toBe(true);
});

it("the song's file is found again when it is as long", async () => {
  const [moved, other] = [join(folder, 'moved.flac'), join(folder, 'other.wav')];
  await ffmpeg('-i', song, moved);
  await ffmpeg(...tone(['sin(t)'], rate, frames + rate), other);
  expect(await ask('projects.relocate', { id: project.id, path: moved })).toMatchObject({ sourcePath: moved, sourceMissing: false });
  await expect(ask('projects.relocate', { id: project.id, path: other })).rejects.toThrow('is 7.0 s long, the project\'s song 6.0 s');
  expect(await ask('projects.open', { id: project.id })).toMatchObject({ sourcePath: moved });
});

describe('an export', () => {
  async function exported(change: Partial<Args<'projects.export'>>): Promise<string> {
    const { task } = await ask('projects.export', {
      ...{ project: project.id, format: 'wav32f', clipMode: null, dither: 'triangular', rate: 'source', pattern: '{stem}', folder: join(folder, 'out') },
      parts: [{ name: 'mix', inputs: [{ stem: 'drums', gain: 1, pan: 0 }] }],
      ...change,
    });
    for (;;) {
      const state = (await ask('tasks.list', null)).find(({ id }) => id === task);
      if (state?.state === 'done') {
        return state.folder ?? '';
      }
      if (state?.state !== 'running') {
        throw new Error(state?.fault?.message ?? 'no task');
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function decoded(path: string): Promise<Float32Array> {
    const chunks: Buffer[] = [];
    for await (const chunk of decode(await probe(path))) {
      chunks.push(chunk);
    }
    return floats(Buffer.concat(chunks));
  }

  it('is panned', async () => {
    const out = await exported({ parts: [{ name: 'mix', inputs: [{ stem: 'drums', gain: 0.5, pan: -1 }] }] });
    const [drums, mix] = [await track('drums'), await decoded(join(out, 'mix.wav'))];
    const worst = mix.reduce((most, value, i) => {
      const wanted = i % 2 === 1 ? 0 : 0.5 * ((drums[i] ?? 0) + (drums[i + 1] ?? 0));
      return Math.max(most, Math.abs(value - wanted));
    }, 0);
    expect(worst).toBeLessThan(1e-6);
  });

  it('keeps its tracks as they are until it is done', async () => {
    const { task } = await ask('projects.export', {
      ...{ project: project.id, format: 'flac', clipMode: null, dither: 'none', rate: 96_000, pattern: '{stem}', folder: join(folder, 'slow') },
      parts: project.stems.map((stem) => ({ name: stem, inputs: [{ stem, gain: 1, pan: 0.5 }] })),
    });
    await expect(ask('projects.reapply', { id: project.id })).rejects.toThrow('is being exported');
    await expect.poll(async () => (await ask('tasks.list', null)).find(({ id }) => id === task)?.state, { timeout: 20_000 }).toBe('done');
    await ask('projects.reapply', { id: project.id });
    await ask('projects.undo', { id: project.id });
  });

  it('is dithered as asked', async () => {
    const errors = await Promise.all(
      (['none', 'triangular', 'shaped'] as const).map(async (dither) => {
        const out = await exported({ format: 'wav16', dither, folder: join(folder, dither) });
        const [drums, mix] = [await track('drums'), await decoded(join(out, 'mix.wav'))];
        return rms(mix.map((value, i) => value - (drums[i] ?? 0))) * 32_768;
      }),
    );
    expect(errors[0]).toBeCloseTo(Math.sqrt(1 / 12), 1);
    expect(errors[1]).toBeCloseTo(0.5, 1);
    // Noise shaping moves it to where it is not heard, and makes more of it.
    expect(errors[2]).toBeGreaterThan(0.6);
  });
});

it('the playhead goes first, and a cover goes along', async () => {
  const long = join(folder, 'long.flac');
  const picture = ['-f', 'lavfi', '-i', 'color=c=blue:s=16x16:d=0.04', '-map', '0:a', '-map', '1:v', '-c:v', 'png', '-disposition:v', 'attached_pic'];
  await ffmpeg(...tone(['0.3*sin(2765*t)', '0.2*sin(4147*t)'], 44_100, 44_100 * 60), ...picture, long);
  const [item] = await ask('queue.add', { paths: [long], options: { ...options, threads: 1 } });
  const ranges: [number, number][][] = [];
  const stop = studio.listen((event, data) => {
    if (event === 'progress') {
      ranges.push((data as ItemProgress).progress.finished);
      if (ranges.at(-1)?.length === 1) {
        void studio.answer('queue.focus', { id: item?.id, seconds: 40 });
      }
    }
  });
  const done = await finished();
  stop();
  const jump = ranges.find((finishedRanges) => finishedRanges.length === 2);
  expect(Math.abs((jump?.[1]?.[0] ?? 0) / 44_100 - 40)).toBeLessThan(1);

  const id = done.project ?? '';
  const { task } = await ask('projects.export', {
    ...{ project: id, format: 'flac', clipMode: null, dither: 'triangular', rate: 'source', pattern: '{stem}', folder: join(folder, 'covers') },
    parts: [{ name: 'drums', inputs: [{ stem: 'drums', gain: 1, pan: 0 }] }],
  });
  await expect.poll(async () => (await ask('tasks.list', null)).find((candidate) => candidate.id === task)?.state, { timeout: 20_000 }).toBe('done');
  expect((await probe(join(folder, 'covers', 'long', 'drums.flac'))).cover?.codec).toBe('png');
});
