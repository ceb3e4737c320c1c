import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeSocket as Socket } from './testing.ts';
import { WebClient } from './web-client.ts';

let client: WebClient;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', Socket);
  client = new WebClient(new URL('http://127.0.0.1:1234/token/'));
});

afterEach(() => {
  client.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('requests', () => {
  it('go to the socket beside the page, and are answered by their number', async () => {
    Socket.last.open();
    expect(Socket.last.url).toBe('ws://127.0.0.1:1234/token/ws');
    const [first, second] = [client.request('presets.list', null), client.request('queue.start', null)];
    const [one, two] = Socket.last.sent;
    Socket.last.tell({ id: two?.id, answer: { ok: true, value: null } });
    Socket.last.tell({ id: one?.id, answer: { ok: true, value: [] } });
    await expect(first).resolves.toEqual([]);
    await expect(second).resolves.toBeNull();
  });

  it('are refused while there is no connection, and when it breaks', async () => {
    await expect(client.request('queue.start', null)).rejects.toMatchObject({ code: 'internal' });
    Socket.last.open();
    const asked = client.request('queue.start', null);
    Socket.last.close();
    await expect(asked).rejects.toMatchObject({ message: expect.stringContaining('not running') as string });
  });
});

it('connects again, ever more patiently, and says so', () => {
  const told: boolean[] = [];
  client.onConnection((isConnected) => told.push(isConnected));
  const first = Socket.last;
  first.open();
  first.close();
  vi.advanceTimersByTime(249);
  expect(Socket.last).toBe(first);
  vi.advanceTimersByTime(1);
  const second = Socket.last;
  expect(second).not.toBe(first);
  second.close();
  vi.advanceTimersByTime(499);
  expect(Socket.last).toBe(second);
  vi.advanceTimersByTime(1);
  Socket.last.open();
  expect(told).toEqual([false, true, false, false, true]);
});
