import { expect, it } from 'vitest';
import { Commands } from './commands.ts';

it('runs one after another, and what has not begun gives way to what comes later', async () => {
  const commands = new Commands();
  const done: string[] = [];
  const gates: (() => void)[] = [];
  const work = (name: string) => async (): Promise<void> => {
    await new Promise<void>((resolve) => gates.push(resolve));
    done.push(name);
  };
  const all = [commands.run('a', work('a1')), commands.run('a', work('a2')), commands.run('b', work('b')), commands.run('a', work('a3'))];
  expect([gates.length, commands.isBusy]).toEqual([1, true]);
  while (commands.isBusy) {
    gates.shift()?.();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await Promise.all(all);
  expect(done).toEqual(['a1', 'a3', 'b']);
});

it('goes on after what fails, and says so to who asked', async () => {
  const commands = new Commands();
  const fault = commands.run('a', () => Promise.reject(new Error('no')));
  const fine = commands.run('b', () => Promise.resolve());
  await expect(fault).rejects.toThrow('no');
  await fine;
});
