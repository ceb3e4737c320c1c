import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { events, requests, ServerMessage, type Channel, type EventName } from '../../contract/channels.ts';
import { defaultQueueOptions as options } from '../../contract/queue.ts';
import { channels, inOrder, prepareSubjects, preset, requestCases, spoilt, type Subjects } from '../../services/testing-requests.ts';
import { openTestShell, TestClient, type TestShell } from './testing.ts';

let shell: TestShell;
let client: TestClient;
let subjects: Subjects;
beforeAll(async () => {
  shell = await openTestShell();
  client = await TestClient.open(shell);
  subjects = await prepareSubjects(shell);
});
afterAll(async () => {
  client.socket.terminate();
  await shell.close();
});

/** Everything a request could have changed, as far as a client can see it. */
async function state(): Promise<unknown> {
  const list = await Promise.all((['queue.list', 'projects.list', 'tasks.list', 'settings.get', 'presets.list', 'models.offered'] as const).map((channel) => client.ask(channel, null)));
  return [list, shell.trashed, shell.revealed];
}

it("somebody else's ids are refused, and nothing changes", async () => {
  const before = await state();
  const id = randomUUID();
  const cases = requestCases(subjects);
  const foreign: [Channel, unknown][] = [
    ...(['queue.cancel', 'queue.retry', 'queue.remove', 'projects.open', 'projects.delete', 'projects.reveal', 'tasks.cancel'] as const).map((channel): [Channel, unknown] => [channel, { id }]),
    ['queue.move', { id: subjects.waiting, before: id }],
    ['projects.rename', { id, title: 'x' }],
    ...(['queue.focus', 'projects.planRedo', 'projects.redo', 'projects.saveMix', 'projects.relocate', 'projects.stemFile'] as const).map((channel): [Channel, unknown] => [channel, { ...cases[channel].args, id }]),
    ...(['projects.undo', 'projects.reapply'] as const).map((channel): [Channel, unknown] => [channel, { id }]),
    ['projects.export', { ...cases['projects.export'].args, project: id }],
  ];
  for (const [channel, args] of foreign) {
    expect(await client.ask(channel, args), channel).toMatchObject({ ok: false, code: 'usage' });
  }
  expect(await state()).toEqual(before);
});

describe('every channel', () => {
  it.each(channels)('%s refuses arguments that are missing, wrong or oversized', async (channel) => {
    const before = await state();
    for (const bad of spoilt(channel, requestCases(subjects)[channel].args)) {
      expect(await client.ask(channel, bad), JSON.stringify(bad).slice(0, 200)).toMatchObject({ ok: false, code: 'usage', message: expect.stringContaining(channel) as string });
    }
    expect(await state()).toEqual(before);
    expect(shell.log.filter((line) => line.includes(`${channel}:`))).toHaveLength(1);
  });

  it.each(inOrder)('%s answers what is in order', async (channel) => {
    const { args, fault } = requestCases(subjects)[channel];
    const answer = await client.ask(channel, args);
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
    expect(seen).toEqual(expect.arrayContaining(['settings', 'presets', 'queue', 'task']));
  });
  other.socket.terminate();
});

it('a project that was deleted went to the trash, whole', async () => {
  expect(shell.trashed).toEqual([join(shell.data, 'projects', 'A song')]);
  await access(join(shell.data, 'projects', 'A song', 'project.json'));
});
