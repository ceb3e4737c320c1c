import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { events, maxMessageBytes, requests, type EventName } from '../../contract/channels.ts';
import { defaultQueueOptions as options } from '../../contract/queue.ts';
import { channels, inOrder, prepareSubjects, preset, requestCases, spoilt, type Subjects } from '../../services/testing-requests.ts';
import { ipc, pageAddress } from './names.ts';
import { openTestDesktop, type FakeFrame, type TestDesktop } from './testing.ts';

let shell: TestDesktop;
let subjects: Subjects;
beforeAll(async () => {
  shell = await openTestDesktop();
  subjects = await prepareSubjects(shell);
});
afterAll(async () => {
  shell.desktop.quit();
  await vi.waitFor(() => { expect(shell.fake.app.hasEnded).toBe(true); });
  await shell.close();
});

/** Everything a request could have changed, as far as a page can see it. */
async function state(): Promise<unknown> {
  const list = await Promise.all((['queue.list', 'projects.list', 'tasks.list', 'settings.get', 'presets.list', 'models.offered'] as const).map((channel) => shell.ask(channel, null)));
  return [list, [...shell.trashed], [...shell.revealed]];
}

/** What the cases have begun goes on in the background. */
const workEnded = () =>
  vi.waitFor(async () => {
    const [tasks, queue] = [await shell.ask('tasks.list', null), await shell.ask('queue.list', null)];
    expect(JSON.stringify(tasks)).not.toContain('"running"');
    expect(queue).toMatchObject({ value: { active: false } });
  }, 15_000);

describe('every channel', () => {
  it.each(channels)('%s refuses arguments that are missing, wrong or oversized', async (channel) => {
    const before = await state();
    for (const bad of [...spoilt(channel, requestCases(subjects)[channel].args)]) {
      expect(await shell.ask(channel, bad)).toMatchObject({ ok: false, code: 'usage', message: expect.stringContaining(channel) as string });
    }
    expect(await state()).toEqual(before);
    expect(shell.log.filter((line) => line.includes(`${channel}:`))).toHaveLength(1);
  });

  it.each(inOrder)('%s answers what is in order', async (channel) => {
    const { args, fault } = requestCases(subjects)[channel];
    const answer = await shell.ask(channel, args);
    if (fault === undefined) {
      expect(answer).toMatchObject({ ok: true });
      expect(requests[channel].result.safeParse((answer as { value: unknown }).value).success).toBe(true);
    } else {
      expect(answer).toMatchObject({ ok: false, code: fault });
    }
  });

  it('of other names is refused', async () => {
    for (const channel of ['', 'queue', 'toString', '__proto__', 'constructor', 'queue.list\u0000', 'x'.repeat(100), 7, null, ['queue.list']]) {
      expect(await shell.ask(channel, null)).toMatchObject({ ok: false, code: 'usage' });
    }
  });

  it('is asked in JSON of a limited size, and in nothing else', async () => {
    const request = { channel: 'queue.list', args: null };
    const text = JSON.stringify(request);
    expect(await shell.send(text)).toMatchObject({ ok: true });
    const padded = text + ' '.repeat(maxMessageBytes - text.length);
    expect(await shell.send(padded)).toMatchObject({ ok: true });
    for (const odd of [`${padded} `, request, new Map(Object.entries(request)), '', '[]', 'null', '{"channel":"queue.list","args":null,"more":1}', '[['.repeat(1000), undefined, 7, new ArrayBuffer(8)]) {
      expect(await shell.send(odd)).toMatchObject({ ok: false, code: 'usage' });
    }
  });
});

it("somebody else's ids are refused, and nothing changes", async () => {
  await workEnded();
  const before = await state();
  const id = randomUUID();
  for (const channel of ['queue.cancel', 'queue.retry', 'queue.remove', 'projects.open', 'projects.delete', 'projects.reveal', 'tasks.cancel'] as const) {
    expect(await shell.ask(channel, { id }), channel).toMatchObject({ ok: false, code: 'usage' });
  }
  expect(await state()).toEqual(before);
});

it('changes reach the page as events of the contract', async () => {
  const from = shell.window.webContents.sent.length;
  await shell.ask('settings.set', { theme: 'dark' });
  await shell.ask('presets.save', preset);
  await shell.ask('queue.addDemo', { options });
  const seen = shell.window.webContents.sent.slice(from);
  for (const [name, event, data] of seen) {
    expect(name).toBe(ipc.event);
    events[event as EventName].parse(data);
  }
  expect(new Set(seen.map(([, event]) => event))).toEqual(new Set(['settings', 'presets', 'queue']));
});

it('songs that were queued by hand are remembered as recent, those refused are not', async () => {
  const before = shell.fake.app.recent.length;
  await shell.ask('queue.add', { paths: ['/music/recent.wav'], options });
  await shell.ask('queue.add', { paths: ['relative.wav'], options });
  expect(shell.fake.app.recent.slice(before)).toEqual(['/music/recent.wav']);
});

describe('who asks', () => {
  const frame = (url: string, parent: FakeFrame | null = null): FakeFrame => ({ url, parent });
  const page = frame(pageAddress);
  const strangers: [string, () => { sender: unknown; senderFrame: FakeFrame | null }][] = [
    ['another window', () => ({ sender: {}, senderFrame: page })],
    ['a frame in the page', () => ({ sender: shell.window.webContents, senderFrame: frame(pageAddress, page) })],
    ['a page of the web', () => ({ sender: shell.window.webContents, senderFrame: frame('https://example.com/') })],
    ['a page whose address looks alike', () => ({ sender: shell.window.webContents, senderFrame: frame('stemwright://studio.example.com/') })],
    ['a frame that is gone', () => ({ sender: shell.window.webContents, senderFrame: null })],
  ];

  beforeAll(workEnded);

  it.each(strangers)('%s gets nothing', async (_who, event) => {
    const before = await state();
    expect(await shell.fake.ipcMain.handlers.get(ipc.request)?.(event(), JSON.stringify({ channel: 'queue.addDemo', args: { options } }))).toMatchObject({ ok: false, code: 'usage' });
    shell.fake.ipcMain.emit(ipc.drag, event(), subjects.project, 'drums');
    expect(await state()).toEqual(before);
    expect(shell.window.webContents.drags).toEqual([]);
  });

  it('is logged once', () => {
    expect(shell.log.filter((line) => /no request|elsewhere|a drag/.test(line))).toHaveLength(1);
  });
});

describe('what the page is served', () => {
  let project: string;
  beforeAll(async () => {
    project = await shell.addProject('Another song');
  });
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') => shell.fake.serve(new Request(`${pageAddress}${path}`, { method, headers }));

  it('is itself, with a policy, a nonce of its own, and isolation', async () => {
    const [first, second] = [await get(''), await get('?x#y')];
    const html = await first.text();
    const nonce = /content="([^"]+)"/.exec(html)?.[1] ?? '';
    const policy = first.headers.get('content-security-policy');
    expect(policy).toContain(`'nonce-${nonce}'`);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(policy).toContain("connect-src 'self';");
    expect(policy).not.toMatch(/unsafe|http|ws:/);
    expect(await second.text()).not.toContain(nonce);
    expect(Object.fromEntries(first.headers)).toMatchObject({ 'cross-origin-opener-policy': 'same-origin', 'x-content-type-options': 'nosniff', 'content-type': 'text/html; charset=utf-8' });
  });

  it('are its parts, and nothing beside them', async () => {
    const script = await get('assets/page.js');
    expect([script.status, script.headers.get('content-type'), await script.text()]).toEqual([200, 'text/javascript; charset=utf-8', 'export {};']);
    for (const path of ['assets', 'assets/', 'assets/none.js', 'index', 'secret', 'upload', 'ws']) {
      expect((await get(path)).status, path).toBe(404);
    }
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect((await get('', {}, method)).status).toBe(405);
    }
  });

  it.each(['%2e%2e%2fsecret.js', '..%2fsecret.js', '%2e%2e%5csecret.js', 'assets/..%2f..%2fsecret.js', 'assets/%00.js', 'assets//page.js', '%ff/page.js', '%2fetc%2fpasswd', 'tracks/project/%2e%2e%2f/original.f32'])('nothing lies at %s', async (path) => {
    const response = await get(path);
    expect([400, 404]).toContain(response.status);
    expect(await response.text()).not.toContain('secret');
  });

  it('nothing of another host', async () => {
    expect((await shell.fake.serve(new Request('stemwright://elsewhere/'))).status).toBe(404);
  });

  it('are tracks, whole and in ranges', async () => {
    const path = `tracks/project/${project}/original.f32`;
    const whole = await get(path);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect([whole.status, whole.headers.get('accept-ranges'), bytes.length]).toEqual([200, 'bytes', 8000]);
    for (const [range, start, end] of [['bytes=0-3', 0, 4], ['bytes=7996-', 7996, 8000], ['bytes=-8', 7992, 8000], ['bytes=100-99999', 100, 8000]] as const) {
      const part = await get(path, { range });
      expect([part.status, part.headers.get('content-range'), part.headers.get('content-length')]).toEqual([206, `bytes ${start}-${end - 1}/8000`, String(end - start)]);
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(start, end))).toBe(true);
    }
    const beyond = await get(path, { range: 'bytes=8000-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */8000']);
    const head = await get(path, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '8000', '']);
    expect((await get(`tracks/project/${project}/stems/lead%20vocals.f32`)).status).toBe(200);
    expect((await get(`tracks/project/${project}/stems/none.f32`)).status).toBe(404);
  });

  it('a track that the page loses interest in is closed', async () => {
    const response = await get(`tracks/project/${project}/original.f32`);
    await response.body?.cancel();
  });
});

describe('what a silent monitor plays', () => {
  let paces: number[];
  let ready: Buffer;
  const take = (pace: unknown, sender: unknown = shell.window.webContents): unknown =>
    shell.fake.ipcMain.handlers.get(ipc.output)?.({ sender, senderFrame: shell.window.webContents.mainFrame }, pace);
  beforeEach(() => {
    paces = [];
    vi.spyOn(shell.studio, 'output', 'get').mockReturnValue({
      readOutput: (frames) => {
        const bytes = ready.subarray(0, 8 * frames);
        ready = ready.subarray(bytes.length);
        return { rate: 48_000, bytes };
      },
      setPace: (pace) => paces.push(pace),
    });
  });

  it('is what came since the page began to listen, in order', () => {
    ready = Buffer.alloc(80_000, 1);
    expect(take(null)).toBeNull();
    ready = Buffer.from(Float32Array.from({ length: 2 * 6000 }, (_, index) => index).buffer);
    const all = Buffer.from(ready);
    const parts = [take(1.01), take(0.99), take(1)] as ({ rate: number; bytes: Buffer } | null)[];
    expect(Buffer.concat(parts.flatMap((part) => part?.bytes ?? [])).equals(all)).toBe(true);
    expect(parts.map((part) => part?.rate)).toEqual([48_000, 48_000, undefined]);
    expect(paces).toEqual([1, 1.01, 0.99, 1]);
  });

  it('is given to nobody else, and for no other pace', () => {
    ready = Buffer.alloc(8);
    expect([take(1, {}), take(9), take('1'), take(undefined), take({ pace: 1 })]).toEqual([null, null, null, null, null]);
    expect(ready).toHaveLength(8);
    expect(paces).toEqual([]);
  });
});

describe('a stem that is dragged out', () => {
  const drag = (...args: unknown[]) => {
    const { webContents } = shell.window;
    shell.fake.ipcMain.emit(ipc.drag, { sender: webContents, senderFrame: webContents.mainFrame }, ...args);
  };

  it('is the file that the services made of it, whatever the page says', async () => {
    const { drags } = shell.window.webContents;
    const project = await shell.addProject('Third song');
    const answer = vi.spyOn(shell.studio, 'answer');
    answer.mockImplementation((channel, args) => Promise.resolve({ ok: true, value: { path: join('/projects', channel, JSON.stringify(args)) } }));
    drag(project, 'drums');
    await vi.waitFor(() => { expect(drags).toHaveLength(1); });
    expect(drags[0]).toEqual({ file: join('/projects', 'projects.stemFile', JSON.stringify({ id: project, stem: 'drums' })), icon: '/drag.png' });
    for (const bad of [['../../etc', 'drums'], [project], [project, 7], [project, 'drums', '/etc/passwd'], [{ id: project }], []]) {
      drag(...bad);
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(drags).toHaveLength(1);
    answer.mockResolvedValue({ ok: false, code: 'usage', message: 'there is no such stem', hint: '' });
    drag(project, 'drums');
    await vi.waitFor(() => { expect(shell.log).toContain('there is no such stem'); });
    expect(drags).toHaveLength(1);
    answer.mockRestore();
  });
});
