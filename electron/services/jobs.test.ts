import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cancelled, StemwrightError } from '../contract/errors.ts';
import { defaultQueueOptions as options, type QueueItem } from '../contract/queue.ts';
import { JobQueue } from './jobs.ts';

/** A runner whose songs end when the test says so. */
class Runner {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, (error?: Error) => void>();

  readonly run = (item: QueueItem, signal: AbortSignal) => {
    this.begun.push(item.title);
    return new Promise<{ project: string; warnings: [] }>((resolve, reject) => {
      this.#ends.set(item.title, (error) => {
        if (error === undefined) {
          resolve({ project: randomUUID(), warnings: [] });
        } else {
          reject(error);
        }
      });
      signal.addEventListener('abort', () => {
        reject(cancelled());
      });
    });
  };

  end(title: string, error?: Error): void {
    this.#ends.get(title)?.(error);
  }
}

let folder: string;
let path: string;
let runner: Runner;
const events = { onChange: vi.fn(), onDone: vi.fn(), onFault: vi.fn() };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-jobs-'));
  path = join(folder, 'queue.json');
  runner = new Runner();
});
afterEach(async () => {
  vi.clearAllMocks();
  await rm(folder, { recursive: true });
});

const open = (run = runner.run) => JobQueue.open(path, run, events);
const songs = (...titles: string[]) => titles.map((title) => ({ path: `/music/${title}.wav`, title }));
const states = (queue: JobQueue) => queue.get().items.map(({ title, state }) => `${title} ${state}`);
const idOf = (queue: JobQueue, title: string) => queue.get().items.find((item) => item.title === title)?.id ?? '';
const settles = (queue: JobQueue, expected: string[]) =>
  vi.waitFor(() => {
    expect(states(queue)).toEqual(expected);
  });

describe('the queue', () => {
  it('begins nothing until it is started, then one song after the other', async () => {
    const queue = await open();
    queue.add(songs('a', 'b'), options);
    expect(runner.begun).toEqual([]);
    queue.start();
    expect(states(queue)).toEqual(['a running', 'b waiting']);
    runner.end('a');
    await settles(queue, ['a done', 'b running']);
    runner.end('b');
    await settles(queue, ['a done', 'b done']);
    expect(runner.begun).toEqual(['a', 'b']);
    expect(events.onDone).toHaveBeenCalledTimes(2);
    expect(queue.get().active).toBe(false);
    await queue.close();
  });

  it('marks a song with its fault, a defect of ours too, and goes on', async () => {
    const queue = await open();
    queue.add(songs('full', 'crash', 'good'), options);
    queue.start();
    runner.end('full', new StemwrightError('no-room', 'no room left', 'Free some.'));
    await settles(queue, ['full failed', 'crash running', 'good waiting']);
    runner.end('crash', new TypeError('undefined is not a function'));
    await settles(queue, ['full failed', 'crash failed', 'good running']);
    expect(queue.get().items.map(({ fault }) => fault?.code)).toEqual(['no-room', 'internal', undefined]);
    runner.end('good');
    await settles(queue, ['full failed', 'crash failed', 'good done']);
    await queue.close();
  });

  it('cancels what runs and what waits, and retries both', async () => {
    const queue = await open();
    queue.add(songs('a', 'b', 'c'), options);
    queue.start();
    queue.cancel(idOf(queue, 'b'));
    queue.cancel(idOf(queue, 'a'));
    queue.cancel(idOf(queue, 'a'));
    await settles(queue, ['a cancelled', 'b cancelled', 'c running']);
    queue.retry(idOf(queue, 'b'));
    runner.end('c');
    await settles(queue, ['a cancelled', 'b running', 'c done']);
    expect(() => { queue.retry(idOf(queue, 'c')); }).toThrow('done cannot be retried');
    runner.end('b');
    await settles(queue, ['a cancelled', 'b done', 'c done']);
    await queue.close();
  });

  it('pauses after the song that runs', async () => {
    const queue = await open();
    queue.add(songs('a', 'b'), options);
    queue.start();
    queue.pause();
    runner.end('a');
    await settles(queue, ['a done', 'b waiting']);
    expect(runner.begun).toEqual(['a']);
    await queue.close();
  });

  it('is worked through in the order it is put into', async () => {
    const queue = await open();
    queue.add(songs('a', 'b', 'c'), options);
    queue.move(idOf(queue, 'c'), idOf(queue, 'a'));
    queue.move(idOf(queue, 'a'), null);
    queue.move(idOf(queue, 'b'), idOf(queue, 'b'));
    expect(states(queue)).toEqual(['c waiting', 'b waiting', 'a waiting']);
    queue.start();
    expect(runner.begun).toEqual(['c']);
    await queue.close();
  });

  it('lets go of every song but the one that runs', async () => {
    const queue = await open();
    queue.add(songs('a', 'b'), options);
    queue.start();
    expect(() => queue.remove(idOf(queue, 'a'))).toThrow('cannot be removed');
    expect(queue.remove(idOf(queue, 'b')).path).toBe('/music/b.wav');
    expect(states(queue)).toEqual(['a running']);
    await queue.close();
  });

  it('refuses an id that is not in it, and changes nothing', async () => {
    const queue = await open();
    queue.add(songs('a'), options);
    const before = queue.get();
    const stranger = randomUUID();
    for (const call of [() => { queue.cancel(stranger); }, () => { queue.retry(stranger); }, () => { queue.move(stranger, null); }, () => { queue.remove(stranger); }, () => { queue.move(idOf(queue, 'a'), stranger); }]) {
      expect(call).toThrow('no such song');
    }
    expect(queue.get()).toEqual(before);
    await queue.close();
  });
});

it('a part that is to be done anew is an item like any other', async () => {
  const queue = await open();
  const redo = { project: randomUUID(), start: 10, end: 20, stems: ['drums'] };
  queue.add(songs('a'), options);
  const { id } = queue.addRedo({ path: '/projects/Song/original.f32', title: 'Song' }, redo, options);
  queue.start();
  runner.end('a');
  await settles(queue, ['a done', 'Song running']);
  await queue.close();
  const again = await open();
  expect(again.get().items.at(-1)).toMatchObject({ id, redo, state: 'running' });
  again.cancel(id);
  await settles(again, ['a done', 'Song cancelled']);
  again.retry(id);
  again.start();
  runner.end('Song');
  await settles(again, ['a done', 'Song done']);
  await again.close();
});

describe('a restart', () => {
  it('after a proper end finds the queue as it was, and goes on with it', async () => {
    const queue = await open();
    queue.add(songs('a', 'b'), options);
    queue.start();
    await queue.close();
    expect(states(queue)).toEqual(['a waiting', 'b waiting']);
    const again = await open();
    expect(states(again)).toEqual(['a running', 'b waiting']);
    expect(runner.begun).toEqual(['a', 'a']);
    await again.close();
  });

  it('after a crash calls the song interrupted, begins the next, and can retry it', async () => {
    const queue = await open();
    queue.add(songs('a', 'b'), options);
    queue.start();
    await vi.waitFor(async () => {
      expect(await readFile(path, 'utf8')).toContain('"running"');
    });
    const again = await open();
    expect(states(again)).toEqual(['a interrupted', 'b running']);
    expect(again.get().items[0]?.fault?.message).toContain('ended');
    again.retry(idOf(again, 'a'));
    expect(states(again)).toEqual(['a waiting', 'b running']);
    await again.close();
    await queue.close();
  });

  it('finds a queue of before parts could be done anew, and precision and group norm chosen', async () => {
    const { precision, groupNorm, ...before } = options;
    const item = { id: randomUUID(), path: '/music/a.wav', title: 'a', addedAt: '2026-01-01T00:00:00Z', options: before, state: 'waiting', fault: null, project: null, warnings: [] };
    await writeFile(path, JSON.stringify({ version: 1, active: false, items: [item] }));
    const queue = await open();
    expect(queue.get().items).toEqual([{ ...item, options: { ...before, precision, groupNorm }, redo: null }]);
    await queue.close();
  });

  it('with a damaged file begins anew and keeps the old one', async () => {
    await writeFile(path, '{"version": 2}');
    const queue = await open();
    expect(queue.get()).toEqual({ active: false, items: [] });
    expect(await readFile(`${path}.damaged`, 'utf8')).toBe('{"version": 2}');
    await queue.close();
  });
});

it('a queue that cannot be saved says so and goes on', async () => {
  const blocked = join(folder, 'file');
  await writeFile(blocked, '');
  const queue = await JobQueue.open(join(blocked, 'queue.json'), runner.run, events).catch((error: unknown) => error);
  expect(queue).toMatchObject({ code: 'output' });
  const late = await open();
  await rm(folder, { recursive: true });
  await writeFile(folder, '');
  late.add(songs('a'), options);
  await vi.waitFor(() => {
    expect(events.onFault).toHaveBeenCalled();
  });
  late.start();
  expect(runner.begun).toEqual(['a']);
  await late.close();
});
