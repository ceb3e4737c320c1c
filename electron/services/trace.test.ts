import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { Tracer } from './trace.ts';

it('spans and the engine’s regions lie on one clock, each thread in its row', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stemwright-trace-'));
  const native = { startTrace: vi.fn(), takeTrace: () => ({ regions: [{ name: 'segment', agoMs: 5, ms: 2, thread: 3 }, { name: 'stft', agoMs: 4, ms: 1, thread: 0 }], dropped: 7 }) };
  const tracer = new Tracer(native);
  expect(native.startTrace).toHaveBeenCalledOnce();
  await expect(tracer.span('fails', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  const before = performance.now();
  await tracer.write(join(folder, 'trace.json'));
  const after = performance.now();
  const { traceEvents } = JSON.parse(await readFile(join(folder, 'trace.json'), 'utf8')) as { traceEvents: { name: string; ph: string; ts: number; dur: number; tid: number; args?: { name: string } }[] };
  expect(traceEvents.filter(({ ph }) => ph === 'M').map(({ tid, args }) => [tid, args?.name])).toEqual([[0, 'program'], [3, 'engine 3'], [1_000_000, 'GPU']]);
  const spans = traceEvents.filter(({ ph }) => ph === 'X');
  expect(spans.map(({ name, tid }) => [name, tid])).toEqual([['fails', 0], ['segment', 3], ['stft', 1_000_000], ['7 regions had no room from here on', 0]]);
  const segment = spans[1] ?? expect.fail();
  expect(segment.dur).toBe(2000);
  expect(segment.ts).toBeGreaterThanOrEqual((before - 5) * 1000);
  expect(segment.ts).toBeLessThanOrEqual((after - 5) * 1000);
  await expect(tracer.write(join(folder, 'none', 'trace.json'))).rejects.toMatchObject({ code: 'output' });
  await rm(folder, { recursive: true });
});
