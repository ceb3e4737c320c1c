import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeNative } from '../engine/testing.ts';
import type { Network, NetworkSpec, Systems } from '../engine/systems.ts';
import { groupBenchmarks } from './benchmark-groups.ts';
import { compareLstm } from './benchmark-lstm.ts';
import { compareWithOnnx } from './benchmark-onnx.ts';
import { asRatio, peerMeasurables, runPeers, runProgram } from './benchmark-peers.ts';

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
  const run = runPeers({ native: fakeNative(), threads: 1, filter: /HTDemucs/, folder, signal: new AbortController().signal, onEntry: () => undefined, onAbsent: (line) => absent.push(line) });
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

/** Answers 1 s for each question, and computes that. */
const lstmRival = (first: number) => `import { writeFileSync } from 'node:fs';
  writeFileSync(process.argv[2] + '.out', Buffer.from(Float32Array.from({ length: 256 }, () => ${first}).buffer));
  console.log('ready 1');
  process.stdin.on('data', (data) => { for (const _ of String(data).trimEnd().split('\\n')) console.log(1); });`;
const lstmNative = (result: number) => {
  const made: NetworkSpec[] = [];
  let open = 0;
  const createNetwork = (spec: NetworkSpec) => {
    made.push(spec);
    open += 1;
    return { predict: (x: Float32Array) => x.map(() => result), dispose: () => { open -= 1; } } as unknown as Network;
  };
  return { native: { systems: { createNetwork } as unknown as Systems }, made, open: () => open };
};

it('an LSTM is timed in fp32 and bf16, a step a call and a hundred, once both compute the same', async () => {
  const rival = join(folder, 'lstm.mjs');
  await writeFile(rival, lstmRival(0.25));
  const { native, made, open } = lstmNative(0.25);
  const entries = await compareLstm({ native, program: [process.execPath, rival], signal: new AbortController().signal });
  expect(entries.map(({ name, peer }) => [name, peer])).toEqual(['one step, fp32', '100 steps, fp32', 'one step, bf16', '100 steps, bf16'].map((name) => [`LSTM 256, ${name}`, 'ONNX Runtime 1']));
  expect(entries.every(({ ratio }) => ratio !== null && ratio > 0 && ratio < 1)).toBe(true);
  expect(made.map(({ steps, isCompiled, layers }) => [steps, isCompiled, layers[0]?.kind === 'lstm' && layers[0].precision])).toEqual([[1, true, 'fp32'], [100, true, 'fp32'], [1, true, 'bf16'], [100, true, 'bf16']]);
  expect(open()).toBe(0);
});

it('an LSTM that computes something else is no comparison', async () => {
  const rival = join(folder, 'wrong.mjs');
  await writeFile(rival, lstmRival(0.3));
  const { native, open } = lstmNative(0.25);
  await expect(compareLstm({ native, program: [process.execPath, rival], signal: new AbortController().signal })).rejects.toThrow('differ by 0.05');
  expect(open()).toBe(0);
});

it('the panel shows our time over theirs, under a name of its own', () => {
  expect(asRatio(entry)).toEqual({ ...entry, name: 'x, over rival 1', unit: 'x', median: 0.5, low: 0.25, high: 0.75 });
});

it('the panel offers only what is installed', async () => {
  const names = (await peerMeasurables(fakeNative(), null)).map(({ name }) => name);
  expect(names).not.toContain('peers: HTDemucs 42 M beside ONNX Runtime');
  expect(groupBenchmarks(['peers: convolution beside zita-convolver', ...names]).groups.map(({ id }) => id)).toEqual(['peers']);
});

it('a rival that ends early is told', async () => {
  await writeFile(join(folder, 'htdemucs-core.onnx'), 'graph');
  const silent = join(folder, 'silent.mjs');
  await writeFile(silent, '');
  const run = compareWithOnnx({ native: fakeNative(), threads: 2, folder, program: [process.execPath, silent], signal: new AbortController().signal });
  await expect(run).rejects.toThrow('ONNX Runtime ended early');
});
