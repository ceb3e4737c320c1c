import { expect, it, vi } from 'vitest';
import type { Task } from '../contract/channels.ts';
import { cancelled, StemwrightError } from '../contract/errors.ts';
import { Tasks, type TaskHandle } from './tasks.ts';

function watched() {
  const seen: Task[] = [];
  return { seen, tasks: new Tasks((task) => seen.push(task)) };
}

const untilAborted = ({ signal }: TaskHandle) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(cancelled());
    });
  });

it('a task tells how far it is and what came of it', async () => {
  const { seen, tasks } = watched();
  const id = tasks.start('export', 'Song', ({ update }) => {
    update(0.5, 'vocals');
    return Promise.resolve({ folder: '/out/Song' });
  });
  await vi.waitFor(() => {
    expect(tasks.list()).toEqual([expect.objectContaining({ id, state: 'done', fraction: 1, folder: '/out/Song', download: null })]);
  });
  expect(seen.map(({ state, fraction }) => [state, fraction])).toEqual([['running', null], ['running', 0.5], ['done', 1]]);
});

it('a fault stays with its task', async () => {
  const { tasks } = watched();
  tasks.start('download', 'htdemucs', () => Promise.reject(new StemwrightError('model', 'no connection', 'Try again.')));
  await vi.waitFor(() => {
    expect(tasks.list()).toEqual([expect.objectContaining({ state: 'failed', fault: { code: 'model', message: 'no connection', hint: 'Try again.' } })]);
  });
});

it('cancelling is no fault, may be said twice, and needs a task that is there', async () => {
  const { tasks } = watched();
  const id = tasks.start('download', 'htdemucs', untilAborted);
  tasks.cancel(id);
  tasks.cancel(id);
  await vi.waitFor(() => {
    expect(tasks.list()).toEqual([expect.objectContaining({ state: 'cancelled', fault: null })]);
  });
  tasks.cancel(id);
  expect(() => { tasks.cancel('7d9f2c1e-0000-4000-8000-000000000000'); }).toThrow('no such task');
});

it('closing ends all of them; only the last ones are remembered', async () => {
  const { tasks } = watched();
  for (let index = 0; index < 120; index++) {
    tasks.start('export', String(index), () => Promise.resolve({}));
  }
  tasks.start('export', 'long', untilAborted);
  await tasks.close();
  expect(tasks.list()).toHaveLength(100);
  expect(tasks.list().at(-1)).toMatchObject({ subject: 'long', state: 'cancelled' });
});
