import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

it('work on one thing follows one another, whatever becomes of it; on other things it does not wait', async () => {
  const turns = new Turns();
  const seen: string[] = [];
  let release = (): void => undefined;
  const first = turns.take('a', async () => {
    await new Promise<void>((resolve) => (release = resolve));
    seen.push('first');
    throw new Error('broken');
  });
  const second = turns.take('a', () => Promise.resolve(seen.push('second')));
  await turns.take('b', () => Promise.resolve(seen.push('other')));
  expect(seen).toEqual(['other']);
  release();
  await expect(first).rejects.toThrow('broken');
  await second;
  expect(seen).toEqual(['other', 'first', 'second']);
});
