import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { events, requests, ServerMessage, type Args, type Channel, type EventName } from '../../contract/channels.ts';
import { defaultQueueOptions as options } from '../../contract/queue.ts';
import { writeSmallModel } from '../../services/testing.ts';
import { openTestShell, TestClient, type TestShell } from './testing.ts';

let shell: TestShell;
let client: TestClient;
let project: string;
let item: string;
let waiting: string;
let model: string;
beforeAll(async () => {
  shell = await openTestShell();
  client = await TestClient.open(shell);
  project = await shell.addProject();
  model = join(shell.folder, 'tiny.safetensors');
  await writeSmallModel(model);
  const added = await client.ask('queue.add', { paths: ['/music/a.wav', '/music/b.wav'], options });
  const ids = requests['queue.add'].result.parse(added.ok ? added.value : null).map(({ id }) => id);
  [item = '', waiting = ''] = ids;
});
afterAll(async () => {
  client.socket.terminate();
  await shell.close();
});

const part = { name: 'drums', inputs: [{ stem: 'drums', gain: 1 }] };
const preset = { name: 'Mine', options, format: null, folder: null };

/** Arguments that are in order, and the code of the answer where that is a fault all the same. In an order that works. */
const cases: { [C in Channel]: { args: () => Args<C>; fault?: string } } = {
  'app.info': { args: () => null },
  'queue.plan': { args: () => ({ path: '/music/none.wav', options }), fault: 'input' },
  'queue.list': { args: () => null },
  'queue.add': { args: () => ({ paths: ['/music/c.wav'], options }) },
  'queue.addDemo': { args: () => ({ options }) },
  'queue.pause': { args: () => null },
  'queue.move': { args: () => ({ id: item, before: null }) },
  'queue.cancel': { args: () => ({ id: item }) },
  'queue.retry': { args: () => ({ id: item }) },
  'queue.remove': { args: () => ({ id: item }) },
  'queue.progress': { args: () => null },
  'projects.list': { args: () => null },
  'projects.open': { args: () => ({ id: project }) },
  'projects.rename': { args: () => ({ id: project, title: 'New' }) },
  'projects.reveal': { args: () => ({ id: project }) },
  'projects.export': { args: () => ({ project, parts: [part], format: 'flac', clipMode: null, rate: 'source', pattern: '{stem}', folder: join(shell.folder, 'out') }) },
  'projects.delete': { args: () => ({ id: project }) },
  'models.list': { args: () => null },
  'models.offered': { args: () => null },
  'models.import': { args: () => ({ path: model, name: 'mine' }) },
  'models.verify': { args: () => ({ id: 'mine' }) },
  'models.remove': { args: () => ({ id: 'mine' }) },
  // Fails before anything is fetched: there is no such model.
  'models.download': { args: () => ({ id: 'none' }) },
  'tasks.list': { args: () => null },
  'tasks.cancel': { args: () => ({ id: randomUUID() }), fault: 'usage' },
  'tasks.reveal': { args: () => ({ id: randomUUID() }), fault: 'usage' },
  'settings.get': { args: () => null },
  'settings.set': { args: () => ({ theme: 'dark' }) },
  'presets.save': { args: () => preset },
  'presets.list': { args: () => null },
  'presets.remove': { args: () => ({ name: 'Mine' }) },
  'queue.start': { args: () => null },
};
const channels = Object.keys(requests) as Channel[];
const inOrder = Object.keys(cases) as Channel[];

/** Everything a request could have changed, as far as a client can see it. */
async function state(): Promise<unknown> {
  const list = await Promise.all((['queue.list', 'projects.list', 'tasks.list', 'settings.get', 'presets.list', 'models.offered'] as const).map((channel) => client.ask(channel, null)));
  return [list, shell.trashed, shell.revealed];
}

/** Faulty variants of arguments that are in order: without each field, with a field of another kind, too long, too many. */
function spoilt(args: unknown): unknown[] {
  const always = [42, 'text', [], { unknown: 1 }, 'x'.repeat(100_000)];
  if (args === null) {
    return always;
  }
  const fields = Object.entries(args as Record<string, unknown>);
  return [
    ...always,
    null,
    { ...(args as object), more: 1 },
    ...fields.flatMap(([name, value]) => {
      const oversized = typeof value === 'string' ? 'x'.repeat(5000) : Array.isArray(value) ? Array.from({ length: 2000 }, () => value[0] as unknown) : { a: 'x'.repeat(5000) };
      return [{ wrong: true }, -1, oversized].map((bad) => ({ ...(args as object), [name]: bad }));
    }),
  ];
}

describe('every channel', () => {
  it.each(channels)('%s refuses arguments that are missing, wrong or oversized', async (channel) => {
    const before = await state();
    const args = cases[channel].args();
    const missing = channel === 'settings.set' || args === null ? [] : Object.keys(args).map((name) => Object.fromEntries(Object.entries(args).filter(([key]) => key !== name)));
    for (const bad of [...spoilt(args), ...missing]) {
      expect(await client.ask(channel, bad), JSON.stringify(bad).slice(0, 200)).toMatchObject({ ok: false, code: 'usage', message: expect.stringContaining(channel) as string });
    }
    expect(await state()).toEqual(before);
    expect(shell.log.filter((line) => line.includes(`${channel}:`))).toHaveLength(1);
  });

  it.each(inOrder)('%s answers what is in order', async (channel) => {
    const { args, fault } = cases[channel];
    const answer = await client.ask(channel, args());
    if (fault === undefined) {
      expect(answer).toMatchObject({ ok: true });
      expect(requests[channel].result.safeParse(answer.ok ? answer.value : undefined).success).toBe(true);
    } else {
      expect(answer).toMatchObject({ ok: false, code: fault });
    }
  });

  it('of other names is refused', async () => {
    for (const channel of ['', 'queue', 'toString', '__proto__', 'constructor', 'queue.list\u0000']) {
      expect(await client.ask(channel, null)).toMatchObject({ ok: false, code: 'usage' });
    }
  });
});

it("somebody else's ids are refused, and nothing changes", async () => {
  const before = await state();
  const id = randomUUID();
  const foreign: [Channel, unknown][] = [
    ...(['queue.cancel', 'queue.retry', 'queue.remove', 'projects.open', 'projects.delete', 'projects.reveal', 'tasks.cancel'] as const).map((channel): [Channel, unknown] => [channel, { id }]),
    ['queue.move', { id: waiting, before: id }],
    ['projects.rename', { id, title: 'x' }],
    ['projects.export', { ...cases['projects.export'].args(), project: id }],
  ];
  for (const [channel, args] of foreign) {
    expect(await client.ask(channel, args), channel).toMatchObject({ ok: false, code: 'usage' });
  }
  expect(await state()).toEqual(before);
});

it('changes reach every page as events of the contract', async () => {
  const other = await TestClient.open(shell);
  const seen: EventName[] = [];
  other.socket.on('message', (data: Buffer) => {
    const message = ServerMessage.parse(JSON.parse(data.toString('utf8')));
    if ('event' in message) {
      events[message.event].parse(message.data);
      seen.push(message.event);
    }
  });
  await client.ask('settings.set', { theme: 'light' });
  await client.ask('presets.save', preset);
  await client.ask('queue.addDemo', { options });
  await client.ask('models.download', { id: 'none' });
  await vi.waitFor(() => {
    expect(new Set(seen)).toEqual(new Set(['settings', 'presets', 'queue', 'task']));
  });
  other.socket.terminate();
});

it('a project that was deleted went to the trash, whole', async () => {
  expect(shell.trashed).toEqual([join(shell.data, 'projects', 'A song')]);
  await access(join(shell.data, 'projects', 'A song', 'project.json'));
});
