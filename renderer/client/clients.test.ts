import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '../../electron/contract/channels.ts';
import type { StudioClient } from './client.ts';
import { DesktopClient } from './desktop-client.ts';
import { FakeBridge, FakeSocket } from './testing.ts';
import { WebClient } from './web-client.ts';

/** One client with its far end, as a test sees any of them. */
interface End {
  client: StudioClient;
  sent: () => { channel: string; args: unknown }[];
  answer: (index: number, answer: Answer<unknown>) => void;
  tell: (event: string, data: unknown) => void;
}

const base = new URL('http://127.0.0.1:1234/token/');

function overSocket(): End {
  vi.stubGlobal('WebSocket', FakeSocket);
  const client = new WebClient(base);
  const socket = FakeSocket.last;
  socket.open();
  return {
    client,
    sent: () => socket.sent.map(({ channel, args }) => ({ channel, args })),
    answer: (index, answer) => {
      socket.tell({ id: socket.sent[index]?.id, answer });
    },
    tell: (event, data) => {
      socket.tell({ event, data });
    },
  };
}

function overBridge(): End {
  const bridge = new FakeBridge();
  return {
    client: new DesktopClient(bridge, base),
    sent: () => bridge.sent.map(({ channel, args }) => ({ channel, args })),
    answer: (index, answer) => {
      bridge.sent[index]?.settle(answer);
    },
    tell: (event, data) => {
      bridge.tell(event, data);
    },
  };
}

const track = 'tracks/project/x/original.f32';

describe.each([
  ['web', overSocket],
  ['desktop', overBridge],
])('the %s client', (_name, open) => {
  let end: End;
  beforeEach(() => {
    end = open();
  });
  afterEach(() => {
    end.client.close();
    vi.unstubAllGlobals();
  });

  it('gives each request its own answer, in whatever order they come', async () => {
    const [first, second] = [end.client.request('presets.list', null), end.client.request('queue.start', null)];
    expect(end.sent()).toEqual([{ channel: 'presets.list', args: null }, { channel: 'queue.start', args: null }]);
    end.answer(1, { ok: true, value: null });
    end.answer(0, { ok: true, value: [] });
    await expect(first).resolves.toEqual([]);
    await expect(second).resolves.toBeNull();
  });

  it('throws the fault that the studio gives', async () => {
    const asked = end.client.request('queue.start', null);
    end.answer(0, { ok: false, code: 'no-room', message: 'full', hint: 'Free some.' });
    await expect(asked).rejects.toMatchObject({ name: 'StemwrightError', code: 'no-room', message: 'full', hint: 'Free some.' });
  });

  it('does not believe an answer of another shape', async () => {
    const asked = end.client.request('queue.list', null);
    end.answer(0, { ok: true, value: { items: 'many' } });
    await expect(asked).rejects.toMatchObject({ code: 'internal' });
  });

  it('sends nothing that is not in the contract', async () => {
    await expect(end.client.request('queue.cancel', { id: 'all' })).rejects.toThrow();
    expect(end.sent()).toEqual([]);
  });

  it('tells events to those who listen, until they stop', () => {
    const [one, other] = [vi.fn(), vi.fn()];
    const stop = end.client.on('presets', one);
    end.client.on('presets', other);
    end.tell('presets', []);
    stop();
    end.tell('presets', []);
    end.tell('models', null);
    expect([one.mock.calls, other.mock.calls]).toEqual([[[[]]], [[[]], [[]]]]);
  });

  it('tells no event of another shape', () => {
    const heard = vi.fn();
    end.client.on('presets', heard);
    expect(() => {
      end.tell('presets', 'all');
    }).toThrow();
    expect(heard).not.toHaveBeenCalled();
  });

  it('says that it is connected', () => {
    const told = vi.fn();
    end.client.onConnection(told);
    expect(told.mock.calls).toEqual([[true]]);
  });

  it('reads ranges of what lies beside the page', async () => {
    const asked = vi.fn<(address: URL, options: RequestInit) => Promise<Response>>().mockResolvedValue(new Response(new Uint8Array([1, 2]), { status: 206 }));
    vi.stubGlobal('fetch', asked);
    expect(new Uint8Array(await end.client.read(track, [8, 10]))).toEqual(new Uint8Array([1, 2]));
    const [address, options] = asked.mock.calls[0] ?? [];
    expect(address?.href).toBe(`${base.href}${track}`);
    expect(options).toMatchObject({ headers: { Range: 'bytes=8-9' } });
  });

  it('says which address cannot be read', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(null, { status: 404 })));
    await expect(end.client.read(track)).rejects.toMatchObject({ code: 'input', message: `${track}: cannot be read (404)` });
  });
});

describe('the desktop client', () => {
  it('knows where a file lies, and says so when it lies nowhere', async () => {
    const bridge = new FakeBridge();
    const client = new DesktopClient(bridge, base);
    const [song, picture] = [new File(['x'], 'song.mp3'), new File(['x'], 'picture.png')];
    bridge.paths.set(song, '/music/song.mp3');
    await expect(client.pathOf(song)).resolves.toBe('/music/song.mp3');
    await expect(client.pathOf(picture)).rejects.toMatchObject({ code: 'input', message: 'picture.png: lies on no disk' });
  });

  it('passes the menu on, and stems to be dragged', () => {
    const bridge = new FakeBridge();
    const client = new DesktopClient(bridge, base);
    const heard = vi.fn();
    const stop = client.onCommand(heard);
    bridge.command('openFiles');
    expect(() => {
      bridge.command('format the disk');
    }).toThrow();
    stop();
    bridge.command('play');
    expect(heard.mock.calls).toEqual([['openFiles']]);
    client.startDrag('project', 'vocals');
    expect(bridge.drags).toEqual([['project', 'vocals']]);
  });

  describe('what a silent monitor plays', () => {
    beforeEach(() => {
      vi.useFakeTimers();
    });
    afterEach(() => {
      vi.useRealTimers();
    });
    const sound = (rate: number, ...samples: number[]): unknown => ({ rate, bytes: new Uint8Array(Float32Array.from(samples).buffer) });

    it('is taken piece by piece, at the pace of the page, until it is closed', async () => {
      const bridge = new FakeBridge();
      const heard: [number, number[]][] = [];
      const stream = new DesktopClient(bridge, base).openOutput({ onSound: (rate, samples) => heard.push([rate, [...samples]]), onEnd: vi.fn() });
      bridge.sounds.push(sound(48_000, 1, 2), sound(48_000, 3, 4));
      stream.setPace(1.05);
      await vi.advanceTimersByTimeAsync(25);
      expect(heard).toEqual([[48_000, [1, 2]], [48_000, [3, 4]]]);
      stream.close();
      bridge.sounds.push(sound(48_000, 5, 6));
      await vi.advanceTimersByTimeAsync(1000);
      expect(heard).toHaveLength(2);
      expect(bridge.paces).toEqual([null, 1.05, 1.05, null]);
    });

    it('ends when it is of another shape', async () => {
      const bridge = new FakeBridge();
      const onEnd = vi.fn();
      new DesktopClient(bridge, base).openOutput({ onSound: vi.fn(), onEnd });
      bridge.sounds.push({ rate: 'fast', bytes: new Uint8Array() });
      await vi.advanceTimersByTimeAsync(1000);
      expect(onEnd.mock.calls).toEqual([[false]]);
      expect(bridge.paces).toEqual([null, 1]);
    });
  });

  it('leaves no listener behind', () => {
    const bridge = new FakeBridge();
    const client = new DesktopClient(bridge, base);
    client.onCommand(vi.fn())();
    client.close();
    expect(bridge.listeners).toBe(0);
  });

  it('passes over events of a newer shell', () => {
    const bridge = new FakeBridge();
    const client = new DesktopClient(bridge, base);
    const heard = vi.fn();
    client.on('presets', heard);
    bridge.tell('toString', null);
    bridge.tell('presets', []);
    expect(heard.mock.calls).toEqual([[[]]]);
  });
});
