import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeNative } from '../engine/testing.ts';
import { compareWithOnnx } from './benchmark-onnx.ts';
import { runPeers, runProgram } from './benchmark-peers.ts';

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
  const path = await program('good', `[ "$1" = 2 ] && echo '${JSON.stringify(entry)}'; echo '${JSON.stringify(entry)}'`);
  expect(await runProgram(path, ['2'], new AbortController().signal)).toEqual([entry, entry]);
});

it.skipIf(process.platform === 'win32')('does not take what is no entry, nor a program that fails', async () => {
  await expect(runProgram(await program('odd', 'echo "{}"'), [], new AbortController().signal)).rejects.toThrow();
  await expect(runProgram(await program('bad', 'exit 3'), [], new AbortController().signal)).rejects.toThrow(/failed/);
});

it('says in a line what is missing, and how to get rivals where nothing is left', async () => {
  const absent: string[] = [];
  const run = runPeers({ native: fakeNative(), threads: 1, filter: /ONNX/, folder, signal: new AbortController().signal, onEntry: () => undefined, onAbsent: (line) => absent.push(line) });
  await expect(run).rejects.toMatchObject({ code: 'usage', hint: expect.stringContaining('bench:peers') as string });
  expect(absent).toEqual([expect.stringMatching(/^HTDemucs 42 M beside ONNX Runtime: (not installed: npm run bench:peers|.* holds no htdemucs-core\.onnx)$/)]);
});

it('times ours and ONNX Runtime in turn', async () => {
  await writeFile(join(folder, 'htdemucs-core.onnx'), 'graph');
  const rival = join(folder, 'rival.mjs');
  await writeFile(rival, `import { stat } from 'node:fs/promises';
    import { dirname, join } from 'node:path';
    const { size } = await stat(join(dirname(process.argv[2]), 'w.bin'));
    console.log('ready ' + size);
    process.stdin.on('data', (data) => { for (const _ of String(data).trimEnd() + '.') console.log(2); });`);
  const order: string[] = [];
  const native = {
    ...fakeNative(),
    benchmarks: () => ['HTDemucs 42 M, full', 'HTDemucs 42 M, time-only'],
    runBenchmark: ({ name }: { name: string }) => {
      order.push(name);
      return Promise.resolve([{ name, unit: 's a segment', median: 1, low: 1, high: 1, allocations: 0 }]);
    },
  };
  const entries = await compareWithOnnx({ native, threads: 2, folder, program: [process.execPath, rival], signal: new AbortController().signal });
  expect(entries).toEqual([expect.objectContaining({ name: 'HTDemucs 42 M, full', median: 1, peer: 'ONNX Runtime 167446528', ratio: 0.5 })]);
  expect(order).toEqual(Array(5).fill('HTDemucs 42 M, full'));
});

it('a rival that ends early is told', async () => {
  await writeFile(join(folder, 'htdemucs-core.onnx'), 'graph');
  const silent = join(folder, 'silent.mjs');
  await writeFile(silent, '');
  const run = compareWithOnnx({ native: fakeNative(), threads: 2, folder, program: [process.execPath, silent], signal: new AbortController().signal });
  await expect(run).rejects.toThrow('ONNX Runtime ended early');
});
