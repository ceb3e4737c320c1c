import { once } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { outputHeaderBytes, takenByAnother } from '../../contract/output.ts';
import { fakeMonitor, type FakeMonitor } from '../../engine/testing-monitor.ts';
import { connect, openTestShell, TestClient, type TestShell } from './testing.ts';

const rate = 44_100;
let shell: TestShell;
let card: FakeMonitor;
/** What the monitor would have played and nobody has read. */
let ready: number[];

beforeEach(async () => {
  ready = [];
  card = fakeMonitor({ device: 'No sound device', isSilent: true, rate, blockFrames: 256, inputs: 0 });
  card.monitor.readOutput = (frames) => Buffer.from(Float32Array.from(ready.splice(0, 2 * frames)).buffer);
  shell = await openTestShell({ openMonitor: () => Promise.resolve(card.monitor) });
  const client = await TestClient.open(shell);
  await client.ask('monitor.open', { device: 'none', rate, blockFrames: null, inputs: 0 });
  client.socket.terminate();
});
afterEach(() => shell.close());

async function listen(): Promise<{ socket: WebSocket; heard: number[]; rates: Set<number> }> {
  const socket = await connect(shell.base, { origin: shell.origin }, `${shell.base.pathname}output`);
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
  const [heard, rates]: [number[], Set<number>] = [[], new Set()];
  socket.on('message', (data: Buffer) => {
    rates.add(data.readFloatLE());
    for (let at = outputHeaderBytes; at < data.length; at += 4) heard.push(data.readFloatLE(at));
  });
  return { socket, heard, rates };
}

it('a page hears all that is played from when it came, in order, with its rate', async () => {
  ready.push(-1, -1, -1, -1);
  const { heard, rates } = await listen();
  const sound = Array.from({ length: 20_000 }, (_, index) => index);
  ready.push(...sound);
  await vi.waitFor(() => {
    expect(heard).toHaveLength(sound.length);
  });
  expect(heard).toEqual(sound);
  expect([...rates]).toEqual([rate]);
});

it('one page hears it at a time: the last that came', async () => {
  const first = await listen();
  const ended = once(first.socket, 'close');
  const second = await listen();
  expect((await ended)[0]).toBe(takenByAnother);
  ready.push(1, 2);
  await vi.waitFor(() => {
    expect(second.heard).toEqual([1, 2]);
  });
  expect(first.heard).toEqual([]);
});

it('follows the clock of the page that listens, and its own again when it has gone', async () => {
  const paces = (): unknown[] => card.calls.filter(([name]) => name === 'setPace').map(([, pace]) => pace);
  const { socket } = await listen();
  socket.send(JSON.stringify({ pace: 1.01 }));
  await vi.waitFor(() => {
    expect(paces().at(-1)).toBe(1.01);
  });
  socket.terminate();
  await vi.waitFor(() => {
    expect(paces().at(-1)).toBe(1);
  });
});

it.each(['{"pace":9}', '{}', 'faster', '[]', '{"pace":1,"more":1}', Buffer.from('{"pace":1}'), 'x'.repeat(300)])('other messages end the connection: %#', async (message) => {
  const { socket } = await listen();
  socket.send(message);
  const [code] = (await once(socket, 'close')) as [number];
  expect([1003, 1009]).toContain(code);
  expect(card.calls.filter(([name, pace]) => name === 'setPace' && pace !== 1)).toEqual([]);
});

it('a page that does not read misses what it cannot take, and nothing piles up', async () => {
  const { socket, heard } = await listen();
  socket.pause();
  const turns = 100;
  const block = new Array<number>(2 * 40_000).fill(0);
  for (let turn = 0; turn < turns; turn++) {
    ready.push(...block);
    await vi.waitFor(() => {
      expect(ready).toHaveLength(0);
    }, { interval: 5 });
  }
  socket.resume();
  await vi.waitFor(() => {
    ready.push(1);
    expect(heard.at(-1)).toBe(1);
  }, { timeout: 10_000 });
  // The rest is what the system's own buffers hold.
  expect(heard.length).toBeLessThan((turns * block.length) / 2);
});

it('what sounds ends a while after the last page has gone, and not when it is only loaded anew', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const first = await TestClient.open(shell);
    const left = once(first.socket, 'close');
    first.socket.terminate();
    await left;
    vi.advanceTimersByTime(4000);
    const second = await TestClient.open(shell);
    vi.advanceTimersByTime(60_000);
    expect(await second.ask('monitor.state', null)).toMatchObject({ value: { isSilent: true } });
    second.socket.terminate();
    await vi.waitFor(() => {
      vi.advanceTimersByTime(6000);
      expect(card.calls).toContainEqual(['close']);
    });
  } finally {
    vi.useRealTimers();
  }
});

it('takes origin and token as all else does', async () => {
  const path = `${shell.base.pathname}output`;
  expect(await connect(shell.base, { origin: 'http://evil.example' }, path)).toBe(403);
  expect(await connect(shell.base, {}, path)).toBe(403);
  expect(await connect(shell.base, { origin: shell.origin }, '/wrong/output')).toBe(403);
});
