import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runPeers } from './benchmark-peers.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-peers-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const entry = { name: 'x', unit: 's', median: 2, low: 1, high: 3, noise: 0.5, allocations: null, peer: 'rival 1', ratio: 0.5 };

it.skipIf(process.platform === 'win32')('reads an entry from each line', async () => {
  const path = await program('good', `echo '${JSON.stringify(entry)}'; echo '${JSON.stringify(entry)}'`);
  expect(await runPeers(new AbortController().signal, path)).toEqual([entry, entry]);
});

it.skipIf(process.platform === 'win32')('does not take what is no entry, nor a program that fails', async () => {
  await expect(runPeers(new AbortController().signal, await program('odd', 'echo "{}"'))).rejects.toThrow();
  await expect(runPeers(new AbortController().signal, await program('bad', 'exit 3'))).rejects.toThrow(/failed/);
});

it('says how to get rivals where there are none', async () => {
  await expect(runPeers(new AbortController().signal, join(folder, 'missing'))).rejects.toMatchObject({ code: 'usage', hint: expect.stringContaining('bench:peers') as string });
});
