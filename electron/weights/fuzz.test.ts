import { expect, test } from 'vitest';
import { fuzz, readHostile, seedFiles } from './fuzzing.ts';

test('the seed files are models', async () => {
  for (const file of seedFiles()) {
    expect(await readHostile(file)).toMatchObject({ accepted: true });
  }
});

test('truncation at every byte is refused', async () => {
  for (const file of seedFiles()) {
    for (let length = 0; length < file.length; length++) {
      const { accepted, ms, read } = await readHostile(file.subarray(0, length));
      expect(!accepted && ms < 1000 && read <= 6, `${length} of ${file.length} bytes`).toBe(true);
    }
  }
});

test('thousands of mutations end in a model or in one line', async () => {
  const { accepted, runs, slowestMs, mostRead } = await fuzz(20_261_123, (done) => done === 1500);
  expect(runs).toBe(1500);
  expect(accepted).toBeGreaterThan(0);
  expect(slowestMs).toBeLessThan(1000);
  expect(mostRead).toBeLessThanOrEqual(6);
});
